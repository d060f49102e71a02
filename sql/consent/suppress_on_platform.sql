-- Suppresses addresses for every client. Parameters: addresses, reason, source.
select suppress_on_platform(cast(:addresses as text[]), :reason, :source)
