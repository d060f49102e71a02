-- Makes messages ready again whose failure was reported as passing, for one more attempt after `delay_seconds`: once per message, before its
-- deadline, and not for a cancelled packet. The person may have got it nevertheless: what has value, and what goes out by a channel that
-- forbids a repetition, stays failed, for a person to decide. What is reported about the failed attempt from now on counts only if it says
-- that the message was delivered (events/choose_moves). The messages are locked. Grain of the result: one row per message that moved.
-- Parameters: message_ids, delay_seconds, channels (those that may repeat a message), providers and codes (two parallel arrays: the failures
-- that pass).
update message
set
    state = 'ready', failed_attempt_no = message.attempt_no, event_rank = 0,
    not_before = (select packetboat_now() + make_interval(secs => :delay_seconds)), state_at = now()
from attempt
join provider_call on provider_call.id = attempt.call_id
join unnest(cast(:providers as text[]), cast(:codes as text[])) as passing (provider, code) on passing.provider = provider_call.provider
where
    message.id = any(cast(:message_ids as uuid[]))
    and attempt.message_id = message.id and attempt.attempt_no = message.attempt_no
    and message.error_code = passing.code
    and message.state in ('failed', 'undelivered') and message.failed_attempt_no is null
    and message.channel = any(cast(:channels as text[])) and message.address <> ''
    and message.expires_at > packetboat_now() + make_interval(secs => :delay_seconds)
    and not exists (
        select from data_packet as packet
        join campaign_version as version on version.id = packet.campaign_version_id
        where packet.id = message.packet_id and cast(version.details ->> 'valuable' as boolean)
    )
    and not exists (select from pause where pause.packet_id = message.packet_id and pause.final)
returning message.id, message.packet_id, message.row_no, old.state as state_before, new.state as state_after
