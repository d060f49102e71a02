-- Ends one log-in. Parameter: digest.
delete from login_session where digest = :digest
