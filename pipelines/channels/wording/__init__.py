"""What a message says: texts with placeholders, checked when they are saved, filled by PostgreSQL or by Jinja to the same letter."""
