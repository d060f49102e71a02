"""One's own account: where one is logged in, one's name and password."""
