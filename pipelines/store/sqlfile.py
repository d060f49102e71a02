"""The statements in `sql/`, by name; and those with holes, which are filled by what a packet's own rules and fields come to."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ClauseElement, TextClause, bindparam, text
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.sql.compiler import SQLCompiler

from pipelines.settings import PROJECT

# A statement in `sql/` names a hole in braces, alone or with letters around it: {rule}, value_{name}.
HOLE = re.compile(r"\{(\w+)\}")
_COMMENT = re.compile(r"--[^\n]*")
_NAMED = PGDialect_psycopg(paramstyle="named")  # type: ignore[no-untyped-call]
_PARAMETER = re.compile(r"(?<![:\w]):(\w+)")


@cache
def sql(name: str) -> TextClause:
    """The statement in `sql/<name>.sql`, with `:name` parameters. Raises FileNotFoundError for a name that is not there."""
    return text(_source(name))


def sql_with(name: str, holes: Mapping[str, str | ClauseElement]) -> TextClause:
    """The statement in `sql/<name>.sql` with each `{hole}` filled: by SQL text, or by an expression, whose values are bound.

    Comments are left out, so that they may show what fills a hole. Raises KeyError for a hole without a filling and ValueError for a
    filling without a hole.
    """
    source = _COMMENT.sub("", _source(name))
    if unknown := holes.keys() - set(HOLE.findall(source)):
        raise ValueError(f"sql/{name}.sql has no hole {', '.join(sorted(unknown))}")
    bound: list[BindParameter[Any]] = []
    fillings = {
        hole: filling if isinstance(filling, str) else _rendered(hole, filling, bound)
        for hole, filling in holes.items()
    }
    return text(HOLE.sub(lambda hole: fillings[hole[1]], source)).bindparams(*bound)


@cache
def _source(name: str) -> str:
    return (PROJECT / "sql" / f"{name}.sql").read_text()


def _rendered(hole: str, expression: ClauseElement, bound: list[BindParameter[Any]]) -> str:
    """The expression as text; its values are added to `bound`, under names that begin with the hole's."""
    compiled = expression.compile(dialect=_NAMED, compile_kwargs={"render_postcompile": True})
    assert isinstance(compiled, SQLCompiler)
    types = {name: bind.type for bind, name in compiled.bind_names.items()}
    values = dict(compiled.params)
    bound += [bindparam(f"{hole}_{name}", value, types.get(name)) for name, value in values.items()]

    def rename(found: re.Match[str]) -> str:
        return f":{hole}_{found[1]}" if found[1] in values else found[0]

    # text() takes `:name::type` for no parameter; with its colons escaped, the cast is only a cast.
    return _PARAMETER.sub(rename, compiled.string).replace("::", r"\:\:")
