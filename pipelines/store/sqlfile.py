"""The statements in `sql/`, by name."""

from functools import cache

from sqlalchemy import TextClause, text

from pipelines.settings import PROJECT


@cache
def sql(name: str) -> TextClause:
    """The statement in `sql/<name>.sql`, with `:name` parameters. Raises FileNotFoundError for a name that is not there."""
    return text((PROJECT / "sql" / f"{name}.sql").read_text())
