"""The statements in `sql/`, by name. Some have holes, which are filled with SQL made from a packet's rules and fields."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ClauseElement, TextClause, bindparam, text
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.sql.compiler import SQLCompiler

from pipelines.settings import PROJECT

# SQL text, used as it is; an expression or a statement; or several expressions by name, which become a list of columns.
Filling = str | ClauseElement | Mapping[str, ClauseElement]

# A hole is a name in braces, alone or as a part of an identifier: {rule}, value_{name}.
HOLE = re.compile(r"\{(\w+)\}")
_COMMENT = re.compile(r"--[^\n]*")
_NAMED = PGDialect_psycopg(paramstyle="named")  # type: ignore[no-untyped-call]
_PARAMETER = re.compile(r"(?<![:\w]):(\w+)")


@cache
def sql(name: str) -> TextClause:
    """The statement in `sql/<name>.sql`, with `:name` parameters. Raises FileNotFoundError when there is no such file."""
    return text(_source(name))


def sql_with(name: str, holes: Mapping[str, Filling]) -> TextClause:
    """The statement in `sql/<name>.sql` with each `{hole}` filled: see Filling. The values in expressions become bound parameters.

    The result may itself fill a hole; its `:name` parameters without a value become parameters of the outer statement. Comments are
    removed, so they may mention holes. Raises KeyError for a hole without a filling and ValueError for a filling without a hole.
    """
    source = _COMMENT.sub("", _source(name))
    if unknown := holes.keys() - set(HOLE.findall(source)):
        raise ValueError(f"sql/{name}.sql has no hole {', '.join(sorted(unknown))}")
    bound: list[BindParameter[Any]] = []
    fillings = {hole: _text_of(hole, filling, bound) for hole, filling in holes.items()}
    return text(HOLE.sub(lambda hole: fillings[hole[1]], source)).bindparams(*bound)


@cache
def _source(name: str) -> str:
    return (PROJECT / "sql" / f"{name}.sql").read_text()


def _text_of(hole: str, filling: Filling, bound: list[BindParameter[Any]]) -> str:
    if isinstance(filling, str):
        return filling
    if isinstance(filling, Mapping):
        columns = (f"{_rendered(f'{hole}_{name}', one, bound)} as {name}" for name, one in filling.items())
        return ", ".join(columns)
    return _rendered(hole, filling, bound)


def _rendered(prefix: str, expression: ClauseElement, bound: list[BindParameter[Any]]) -> str:
    """The expression as SQL; its values are added to `bound`, under names that begin with `prefix`."""
    compiled = expression.compile(dialect=_NAMED, compile_kwargs={"render_postcompile": True})
    assert isinstance(compiled, SQLCompiler)
    types = {name: bind.type for bind, name in compiled.bind_names.items()}
    unset = {name for bind, name in compiled.bind_names.items() if bind.required}
    values = {name: value for name, value in compiled.params.items() if name not in unset}
    bound += [bindparam(f"{prefix}_{name}", value, types.get(name)) for name, value in values.items()]

    def rename(match: re.Match[str]) -> str:
        if match[1] in values:
            return f":{prefix}_{match[1]}"
        return match[0] if match[1] in unset else f"\\{match[0]}"

    # text() does not recognise the parameter in `:name::type`; with the cast's colons escaped, it does.
    return _PARAMETER.sub(rename, compiled.string).replace("::", r"\:\:")
