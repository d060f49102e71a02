-- The address that an attempt went to, if it is still there and has this hash. One row or none. Parameters: attempt_id, address_hash.
select message.address
from attempt
join message on message.id = attempt.message_id
where attempt.id = :attempt_id and address_hash(comparable_address(message.address)) = :address_hash
