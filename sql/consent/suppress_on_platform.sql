-- Suppresses addresses for every client. Parameters: addresses, hashes (of addresses that are not known any more), reason, source.
select suppress_on_platform(cast(:addresses as text[]), cast(:hashes as bytea[]), :reason, :source)
