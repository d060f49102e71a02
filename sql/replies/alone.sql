-- Waits until no other process reads replies: two answers of one person are then read one after the other, and answered once.
-- The lock lasts until the end of the transaction.
select pg_advisory_xact_lock(hashtext('packetboat replies'))
