"""Delivery rules: which channel reaches a row, and by which rule. One closed tree, decided in SQL for a packet, in Python for a row."""
