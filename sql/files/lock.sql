-- Whoever keeps or deletes the file with these bytes waits here for the others, until their transaction has ended. Parameter: sha256.
select pg_advisory_xact_lock(hashtextextended('file ' || :sha256, 0))
