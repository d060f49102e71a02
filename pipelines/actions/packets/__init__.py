"""Pausing, resuming and cancelling packets, campaigns and clients, and the hold of the whole platform."""
