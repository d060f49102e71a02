"""The same measure as `pipelines.domain.gsm`, in SQL, for a million texts in one statement."""

from typing import Any

from sqlalchemy import ColumnElement, Integer, String, case, cast, func, literal, literal_column

from pipelines.domain.gsm import BASIC, EXTENSION, MULTI_PART, SINGLE_PART, Encoding


def _character_class(characters: str) -> str:
    """A bracket expression of a regular expression, each character by its number so that none has a meaning of its own."""
    return "[" + "".join(f"\\u{ord(character):04X}" for character in characters) + "]"


_ESCAPED = _character_class(EXTENSION)
_PAIRED = "[\\U00010000-\\U0010FFFF]"


def _pattern(expression: str) -> ColumnElement[str]:
    return literal_column("'" + expression + "'", String)


def alphabet(body: ColumnElement[str]) -> ColumnElement[str]:
    """What characters a text has: `basic` (one septet each), `extended` (some take two) or `wide` (not in the alphabet).

    To look through the text is most of the work, so give the answer to `encoding` and `segments` as a column.
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
    """The parts that a text of this length (in characters) and alphabet is billed as."""
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

    The exact count looks for runs of units that do not end inside a pair, the longest first. It is slow, and needed for long
    texts with such characters only.
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
