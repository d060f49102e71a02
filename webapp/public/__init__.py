"""What the world may ask for without a log-in."""
