-- How many packets, of any client, need the file with these bytes, besides some. The file of a refused packet is not kept, nor that of an
-- erased one. Parameters: sha256, besides (packet ids).
select count(*)
from data_packet
where sha256 = :sha256 and state <> 'refused' and erased_at is null and id <> all(cast(:besides as uuid[]))
