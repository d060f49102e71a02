-- Deletes one window. Parameter: digest.
delete from rate_limit where digest = :digest
