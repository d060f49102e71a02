"""Delivery rules: which channel reaches a row, and by which rule. A closed tree of conditions, decided by PostgreSQL."""
