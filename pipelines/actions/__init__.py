"""What people do, one deed per file; each is one transaction."""
