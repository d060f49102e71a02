"""Delivery rules: a closed JSON tree, checked by a schema, compiled to SQL."""
