"""How we reach PostgreSQL: the engine, the unit of work, COPY, SQL files, the embedded server."""
