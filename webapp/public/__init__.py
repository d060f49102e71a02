"""What is available without a log-in."""
