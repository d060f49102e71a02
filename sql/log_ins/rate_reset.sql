-- Forgets every window.
delete from rate_limit
