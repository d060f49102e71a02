"""What people do: one action per file, each in one transaction."""
