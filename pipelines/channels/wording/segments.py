"""`pipelines.domain.gsm` in SQL: the segments of a million texts in one statement."""

from typing import Any

from sqlalchemy import ColumnElement, Integer, String, case, cast, func, literal, literal_column

from pipelines.domain.gsm import BASIC, EXTENSION, MULTI_PART, SINGLE_PART, Encoding


def _character_class(characters: str) -> str:
    """A bracket expression for a regular expression. Characters are written by number, so that none has a special meaning."""
    return "[" + "".join(f"\\u{ord(character):04X}" for character in characters) + "]"


_ESCAPED = _character_class(EXTENSION)
_PAIRED = "[\\U00010000-\\U0010FFFF]"


def _pattern(expression: str) -> ColumnElement[str]:
    return literal_column("'" + expression + "'", String)


def alphabet(body: ColumnElement[str]) -> ColumnElement[str]:
    """The GSM-7 alphabet that a text needs: `basic` (one septet per character), `extended` (some take two) or `wide` (not GSM-7).

    Scanning the text is most of the work, so compute this once and pass it to `encoding` and `segments` as a column.
    """
    return case(
        (body.regexp_match(_pattern(f"^{_character_class(BASIC)}*$")), "basic"),
        (body.regexp_match(_pattern(f"^{_character_class(BASIC + EXTENSION)}*$")), "extended"),
        else_="wide",
    )


def encoding(alphabet_of_body: ColumnElement[Any]) -> ColumnElement[str]:
    """The encoding of a text with this alphabet."""
    return case((alphabet_of_body == "wide", "UCS-2"), else_="GSM-7")


def segments(
    body: ColumnElement[Any], length: ColumnElement[Any], alphabet_of_body: ColumnElement[Any]
) -> ColumnElement[int]:
    """How many parts a text of this length (in characters) and alphabet is billed as."""
    return case(
        (alphabet_of_body == "basic", _narrow(length, "GSM-7")),
        (alphabet_of_body == "extended", _mixed(body, length, _ESCAPED, "GSM-7")),
        else_=_mixed(body, length, _PAIRED, "UCS-2"),
    )


def _narrow(length: ColumnElement[Any], coding: Encoding) -> ColumnElement[int]:
    """Parts of a text in which every character takes one unit."""
    parts = func.ceil(length / literal(float(MULTI_PART[coding])))
    return case((length <= SINGLE_PART[coding], 1), else_=cast(parts, Integer))


def _mixed(
    body: ColumnElement[Any], length: ColumnElement[Any], wide: str, coding: Encoding
) -> ColumnElement[int]:
    """Parts of a text in which the characters of class `wide` take two units.

    The exact count matches the longest runs of units that do not end inside a pair. It is slow, so it runs only for long texts with such
    characters.
    """
    pairs = func.regexp_count(body, _pattern(wide), type_=Integer)
    narrow = func.regexp_replace(body, _pattern(f"[^{wide[1:-1]}]"), "x", "g", type_=String)
    units = func.regexp_replace(narrow, _pattern(wide), "hl", "g", type_=String)
    runs = _pattern(f".{{0,{MULTI_PART[coding] - 1}}}[^h]")
    return case(
        (length * 2 <= SINGLE_PART[coding], 1),
        (length + pairs <= SINGLE_PART[coding], 1),
        (pairs == 0, _narrow(length, coding)),
        else_=func.regexp_count(units, runs, type_=Integer),
    )
