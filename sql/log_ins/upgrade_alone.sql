-- Waits until no other process upgrades the portal's part of the database. The lock lasts as long as the connection.
select pg_advisory_lock(hashtext('packetboat portal'))
