-- Takes back that late proofs say that a message was sent again: the attempt after it was closed before it was begun, as were all in between.
-- The calls are locked. Grain: a late proof. Parameter: call_ids (the closed calls).
update late_proof
set resent = false
from attempt as closed
join attempt as proven on proven.message_id = closed.message_id and proven.attempt_no < closed.attempt_no
where
    closed.call_id = any(cast(:call_ids as uuid[])) and late_proof.attempt_id = proven.id and late_proof.resent
    and not exists (
        select from attempt as later
        join provider_call on provider_call.id = later.call_id
        where
            later.message_id = proven.message_id and later.attempt_no > proven.attempt_no
            and (provider_call.begun_at is not null or provider_call.state <> 'retry')
    )
