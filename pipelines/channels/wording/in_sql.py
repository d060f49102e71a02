"""A plain template as an SQL expression: a million texts in one statement, the same to the letter as Jinja makes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, String, Text, bindparam, case, func, literal, null
from sqlalchemy.dialects.postgresql import JSONB, array

from pipelines.channels.wording.grammar import Moment, Piece, Value, Words

# Fields and columns by name, as text, empty or NULL where a row has none; `contact_at` is the local time.
Columns = Mapping[str, ColumnElement[str]]
# For each word that contact_at can be spoken in (see `spoken.table`), what it makes of each date or time of day.
Spoken = Mapping[str, Mapping[str, str]]


def text_of(pieces: Sequence[Piece], columns: Columns, spoken: Spoken) -> ColumnElement[Any]:
    """The text; NULL where a value is missing that it says."""
    parts = [_part(piece, columns, spoken) for piece in pieces] or [literal("")]
    text = parts[0]
    for part in parts[1:]:
        text = text.concat(part)
    return text


def missing_in(pieces: Sequence[Piece], columns: Columns, spoken: Spoken) -> ColumnElement[list[str]]:
    """The names of the values that are missing, as an array in which one may stand twice."""
    absent: list[ColumnElement[Any]] = [
        case((_part(piece, columns, spoken).is_(None), _name_of(piece, columns)), else_=null())
        for piece in pieces
        if not isinstance(piece, Words)
    ]
    return func.array_remove(array[Any](absent, type_=Text()), None, type_=ARRAY(Text))


def filled(name: str, columns: Columns) -> ColumnElement[Any]:
    """The value of a field, NULL where it is empty, or where no row of the packet can have it."""
    return func.nullif(columns[name], "", type_=String) if name in columns else null()


def _part(piece: Piece, columns: Columns, spoken: Spoken) -> ColumnElement[Any]:
    match piece:
        case Words(text):
            return literal(text, String)
        case Value(name, None):
            return filled(name, columns)
        case Value(name, instead):
            return func.coalesce(filled(name, columns), instead, type_=String)
        case Moment(word):
            local = filled("contact_at", columns)
            part = func.substr(local, 12, 5) if word == "clock" else func.substr(local, 1, 10)
            return bindparam(None, dict(spoken[word]), JSONB, unique=True).op("->>", return_type=String())(
                part
            )


def _name_of(piece: Piece, columns: Columns) -> ColumnElement[str]:
    """What is missing where a piece is: of a contact with a date and no time of day, that is the time."""
    if isinstance(piece, Moment):
        has_date = filled("contact_at", columns).is_not(None)
        return case((has_date, "contact_time"), else_="contact_at")
    assert isinstance(piece, Value)
    return literal(piece.name, String)
