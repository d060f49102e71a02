-- Locks the file with these bytes until the end of the transaction, so that keeping and deleting it never overlap. Parameter: sha256.
select pg_advisory_xact_lock(hashtextextended('file ' || :sha256, 0))
