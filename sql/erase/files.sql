-- The files of erased packets that no packet needs any more. Grain: a file. Parameter: packet_ids (null for all).
select distinct sha256
from data_packet as packet
where
    erased_at is not null and (cast(:packet_ids as uuid[]) is null or id = any(cast(:packet_ids as uuid[])))
    and not exists (
        select from data_packet as other
        where other.sha256 = packet.sha256 and other.erased_at is null and other.state <> 'refused'
    )
