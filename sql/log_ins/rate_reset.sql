-- Deletes every window.
delete from rate_limit
