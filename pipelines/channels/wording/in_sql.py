"""A plain template as an SQL expression: a million texts in one statement, identical to those that Jinja renders."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, String, Text, bindparam, case, func, literal, null
from sqlalchemy.dialects.postgresql import JSONB, array

from pipelines.channels.wording.grammar import Moment, Piece, Value, Words

# Fields and columns by name, as text; empty or NULL where a row has no value. `contact_at` is the local time.
Columns = Mapping[str, ColumnElement[str]]
# For each format of contact_at, the text of each date or time of day (see `moments.table`).
MomentTexts = Mapping[str, Mapping[str, str]]


def text_of(pieces: Sequence[Piece], columns: Columns, moments: MomentTexts) -> ColumnElement[Any]:
    """The text; NULL where one of its values is missing."""
    parts = [_part(piece, columns, moments) for piece in pieces] or [literal("")]
    text = parts[0]
    for part in parts[1:]:
        text = text.concat(part)
    return text


def missing_in(pieces: Sequence[Piece], columns: Columns, moments: MomentTexts) -> ColumnElement[list[str]]:
    """The names of the values that are missing, as an array that may repeat a name."""
    absent: list[ColumnElement[Any]] = [
        case((_part(piece, columns, moments).is_(None), _name_of(piece, columns)), else_=null())
        for piece in pieces
        if not isinstance(piece, Words)
    ]
    return func.array_remove(array[Any](absent, type_=Text()), None, type_=ARRAY(Text))


def filled(name: str, columns: Columns) -> ColumnElement[Any]:
    """The value of a field, NULL where it is empty or the packet's file does not have the column."""
    return func.nullif(columns[name], "", type_=String) if name in columns else null()


def _part(piece: Piece, columns: Columns, moments: MomentTexts) -> ColumnElement[Any]:
    match piece:
        case Words(text):
            return literal(text, String)
        case Value(name, None):
            return filled(name, columns)
        case Value(name, default):
            return func.coalesce(filled(name, columns), default, type_=String)
        case Moment(format_):
            local = filled("contact_at", columns)
            part = func.substr(local, 12, 5) if format_ == "clock" else func.substr(local, 1, 10)
            return bindparam(None, dict(moments[format_]), JSONB, unique=True).op(
                "->>", return_type=String()
            )(part)


def _name_of(piece: Piece, columns: Columns) -> ColumnElement[str]:
    """The name of the value that a piece lacks: the time, for a contact that has a date and no time of day."""
    if isinstance(piece, Moment):
        has_date = filled("contact_at", columns).is_not(None)
        return case((has_date, "contact_time"), else_="contact_at")
    assert isinstance(piece, Value)
    return literal(piece.name, String)
