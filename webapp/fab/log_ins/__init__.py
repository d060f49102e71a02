"""Who comes in, for how long, and how often they may try."""
