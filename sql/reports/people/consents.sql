-- The consent records of a client, of one address or of all, newest first. Grain: a record. Parameters: client_id, address (or null), limit.
select number, given, channel, purpose, person, address, text_shown, text_version, source, ip, given_at
from consent_record
where
    client_id = :client_id
    and (cast(:address as text) is null or address_hash = address_hash(comparable_address(:address)))
order by number desc
limit :limit
