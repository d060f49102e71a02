-- What a person answered a client. Grain: an answer. Parameters: client_id, address.
select channel, subject, body, kind, received_at
from reply
where client_id = :client_id and comparable_address(from_address) = comparable_address(:address)
order by received_at
