-- Takes back that late proofs say that a message was sent again: the attempt after it was closed before it was begun. Grain: a late proof.
-- Parameter: call_ids (the closed calls).
update late_proof
set resent = false
from attempt as closed
join attempt as proven on proven.message_id = closed.message_id and proven.attempt_no = closed.attempt_no - 1
where closed.call_id = any(cast(:call_ids as uuid[])) and late_proof.attempt_id = proven.id and late_proof.resent
