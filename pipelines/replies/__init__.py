"""What people answer: stored first, then matched to a message and read (docs/protocols.md#replies)."""
