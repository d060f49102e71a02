-- Locks the journal of one step or lane of a packet until the end of the transaction, so that two attempts that begin together get different
-- numbers. Parameters: packet_id, step, lane.
select pg_advisory_xact_lock(hashtextextended(concat_ws('/', 'journal', cast(:packet_id as text), cast(:step as text), cast(:lane as text)), 0))
