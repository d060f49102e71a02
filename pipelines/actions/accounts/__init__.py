"""Clients, the log-ins of their people, and the notices about them."""
