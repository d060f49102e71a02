"""The names that a template may use, and how a cell of the file becomes a value, in Python and in SQL."""

import re
from collections.abc import Iterable

from sqlalchemy import ColumnElement, String, case, func, literal_column

from pipelines.domain.fields import COLUMNS, FIELDS

# The fields with a column in `clean_row`.
ROW_NAMES = tuple(field.name for field in COLUMNS)
_WITHOUT_COLUMN = frozenset(field.name for field in FIELDS if not field.has_column)
# The same for every row of a packet. They take precedence over a column of the file with the same name.
PACKET_NAMES = ("client_name",)

# Unicode white space and control characters; then characters that are invisible or change the writing direction.
_BLANKS = "\\u0001-\\u0020\\u007F-\\u00A0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000"
_INVISIBLE = "\\u00AD\\u200B\\u200E\\u200F\\u202A-\\u202E\\u2060-\\u2069\\uFEFF"
_TIDY_ALREADY = "^[!-~]+( [!-~]+)*$"


def tidy_in_sql(cell: ColumnElement[str]) -> ColumnElement[str]:
    """Without invisible characters, and with each run of white space as one space, so that no cell can start a new line (S6).

    Nearly every cell is tidy already and is left alone.
    """
    visible = func.regexp_replace(cell, _constant(f"[{_INVISIBLE}]"), "", "g", type_=String)
    spaced = func.regexp_replace(visible, _constant(f"[{_BLANKS}]+"), " ", "g", type_=String)
    return case(
        (cell.regexp_match(_constant(_TIDY_ALREADY)), cell), else_=func.btrim(spaced, " ", type_=String)
    )


def allowed_names(columns: Iterable[str]) -> frozenset[str]:
    """The names that a text or a rule may use: the fields of a row, those of its packet, and the `columns` of the file or campaign.

    A date and a time that are separate in the file are one field in a text.
    """
    return frozenset((*ROW_NAMES, *PACKET_NAMES, *columns)) - _WITHOUT_COLUMN


def one_line(text: str) -> str:
    """A subject without line breaks, which could start another mail header (S6)."""
    return re.sub(r"[\r\n]+", " ", text)


def one_line_in_sql(text: ColumnElement[str]) -> ColumnElement[str]:
    """The same in SQL."""
    return func.regexp_replace(text, _constant(r"[\u000A\u000D]+"), " ", "g", type_=String)


def _constant(expression: str) -> ColumnElement[str]:
    return literal_column(f"'{expression}'", String)
