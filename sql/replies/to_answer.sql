-- Replies that get an answer from us: a wish to stop or start where the provider does not confirm it itself, and a call for help. At most one
-- answer of a kind per person, client and day, so that two machines cannot write to each other without end.
-- Grain: a reply. Parameters: ids, kinds.
select distinct on (reply.client_id, reply.from_address, reply.kind)
    reply.id, reply.client_id, reply.kind, reply.provider, sender.address as sender
from reply
join sender on sender.id = reply.sender_id
where
    reply.id = any(cast(:ids as uuid[])) and reply.kind = any(cast(:kinds as text[])) and not reply.automatic
    and not exists (
        select from reply as earlier
        where
            earlier.client_id = reply.client_id and earlier.from_address = reply.from_address and earlier.kind = reply.kind
            and earlier.answered_at > now() - interval '1 day'
    )
order by reply.client_id, reply.from_address, reply.kind, reply.id
