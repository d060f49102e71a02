"""The tables, a file per family, on one plain DeclarativeBase."""
