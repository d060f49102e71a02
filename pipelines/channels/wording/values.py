"""What a template may name, and how a cell of the file becomes a value, in Python and in SQL."""

import re

from sqlalchemy import ColumnElement, String, func, literal_column

# Columns of `clean_row`; `contact_at` is there as its local time, `local_at`.
ROW_NAMES = (
    "external_id", "first_name", "last_name", "full_name", "phone", "email", "language", "contact_at",
)  # fmt: skip
# The same for every row of a packet. They win over a column of the file with the same name.
PACKET_NAMES = ("client_name",)

# What Unicode calls white space, which is also what `str.split` splits at.
_SPACES = (
    "\\u0009-\\u000D\\u001C-\\u0020\\u0085\\u00A0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000"
)


def tidy(cell: str) -> str:
    """Without white space around it, and with one space where there was some: no cell can begin a line of its own (S6)."""
    return " ".join(cell.split())


def tidy_in_sql(cell: ColumnElement[str]) -> ColumnElement[str]:
    """The same in SQL."""
    spaces = literal_column(f"'[{_SPACES}]+'", String)
    return func.btrim(func.regexp_replace(cell, spaces, " ", "g", type_=String), type_=String)


def one_line(text: str) -> str:
    """A subject as a mail header may carry it: a line break in it could begin another header (S6)."""
    return re.sub(r"[\r\n]+", " ", text)


def one_line_in_sql(text: ColumnElement[str]) -> ColumnElement[str]:
    """The same in SQL."""
    return func.regexp_replace(text, literal_column(r"'[\u000A\u000D]+'", String), " ", "g", type_=String)
