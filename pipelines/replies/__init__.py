"""What people answer: reading, matching and forwarding replies."""
