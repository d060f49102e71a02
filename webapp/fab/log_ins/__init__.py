"""Log-ins: who may log in, for how long, and how often they may try."""
