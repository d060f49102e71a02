-- Moves the messages of the calls that this transaction has recorded (whose `recorded_at` is its now) to the states of their answers. A
-- message that was certainly not accepted becomes ready again, with full jitter over 2 ** attempt seconds up to 5 minutes, or after as long
-- as the provider asked; past its deadline it expires. A message that a callback has already moved keeps its state, and gets the segments that the provider counted.
-- Grain: one message. Parameters: owner, and parallel arrays: call_ids, message_states, error_codes, segments, waits (seconds; null: back
-- off by the number of tries; 0: at once).
with answer as materialized (
    select call_id, message_state, answer.error_code, segments, wait
    from unnest(
        cast(:call_ids as uuid[]), cast(:message_states as text[]), cast(:error_codes as text[]),
        cast(:segments as smallint[]), cast(:waits as float8[])
    ) as answer (call_id, message_state, error_code, segments, wait)
    join provider_call on provider_call.id = call_id and provider_call.owner = :owner and provider_call.recorded_at = now()
)
update message
set
    state = case
        when message.state <> 'sending' then message.state
        when answer.message_state = 'ready' and message.expires_at <= packetboat_now() then 'expired'
        else answer.message_state
    end,
    error_code = case when message.state = 'sending' then answer.error_code else message.error_code end,
    billed_segments = coalesce(answer.segments, message.billed_segments),
    not_before = case
        when message.state = 'sending' and answer.message_state = 'ready'
            then packetboat_now() + make_interval(
                secs => coalesce(answer.wait, random() * least(300, power(2, least(message.attempt_no, 9))))
            )
        else message.not_before
    end,
    state_at = case when message.state = 'sending' then now() else message.state_at end
from answer
join attempt using (call_id)
where
    message.id = attempt.message_id and message.attempt_no = attempt.attempt_no
    and (message.state = 'sending' or answer.segments is not null)
