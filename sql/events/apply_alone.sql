-- Waits until no other process applies events at once. The lock lasts until the end of the transaction.
select pg_advisory_xact_lock(hashtext('packetboat drain'))
