"""What keeps an installation small and up to date."""
