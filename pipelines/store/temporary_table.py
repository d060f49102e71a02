"""A table that holds what a query finds, gone with the transaction."""

from typing import Any

from sqlalchemy import Executable, Select, TableClause, column, table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement


class TemporaryTable(Executable, ClauseElement):
    """CREATE TEMPORARY TABLE … AS, to be executed; `rows` is what to select from afterwards.

    PostgreSQL shares the work of such a query out to several processes, which it never does for INSERT … SELECT. (SQLAlchemy's own
    CreateTableAs writes parameters into the text, and keeps the table after the transaction.)
    """

    inherit_cache = False

    def __init__(self, name: str, query: Select[Any]) -> None:
        self.query = query
        self.rows: TableClause = table(name, *(column(one.name, one.type) for one in query.selected_columns))


@compiles(TemporaryTable)
def _create(element: TemporaryTable, compiler: SQLCompiler, **options: Any) -> str:
    query = compiler.process(element.query, **options)
    return f"create temporary table {compiler.preparer.format_table(element.rows)} on commit drop as {query}"
