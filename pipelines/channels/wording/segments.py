"""The same measure as `pipelines.domain.gsm`, in SQL, for a million texts in one statement."""

from sqlalchemy import ColumnElement, Integer, String, case, cast, func, literal, literal_column

from pipelines.domain.gsm import ALONE, BASIC, EXTENSION, IN_A_ROW


def _character_class(characters: str) -> str:
    """A bracket expression of a regular expression, each character by its number so that none has a meaning of its own."""
    return "[" + "".join(f"\\u{ord(character):04X}" for character in characters) + "]"


_GSM = f"^{_character_class(BASIC + EXTENSION)}*$"
_ESCAPED = _character_class(EXTENSION)
_PAIRED = "[\\U00010000-\\U0010FFFF]"


def _pattern(expression: str) -> ColumnElement[str]:
    """A constant of the statement and no parameter, so that PostgreSQL compiles the expression once."""
    return literal_column("'" + expression.replace("'", "''") + "'", String)


def encoding(body: ColumnElement[str]) -> ColumnElement[str]:
    """GSM-7 where every character of `body` is in its alphabet, else UCS-2."""
    return case((body.regexp_match(_pattern(_GSM)), "GSM-7"), else_="UCS-2")


def segments(body: ColumnElement[str], alphabet: ColumnElement[str]) -> ColumnElement[int]:
    """The parts that `body` is billed as, in the `alphabet` that `encoding` found for it."""
    return case(
        (alphabet == "GSM-7", _count(body, _ESCAPED, ALONE["GSM-7"], IN_A_ROW["GSM-7"])),
        else_=_count(body, _PAIRED, ALONE["UCS-2"], IN_A_ROW["UCS-2"]),
    )


def _count(body: ColumnElement[str], wide: str, alone: int, in_a_row: int) -> ColumnElement[int]:
    """Parts of a text in which the characters of class `wide` take two units.

    The exact count looks for runs of units that do not end inside a pair, the longest first. It is slow, and needed for long
    texts with such characters only.
    """
    pairs = func.regexp_count(body, _pattern(wide), type_=Integer)
    plain = func.regexp_replace(body, _pattern(f"[^{wide[1:-1]}]"), "x", "g", type_=String)
    units = func.regexp_replace(plain, _pattern(wide), "hl", "g", type_=String)
    return case(
        (func.length(body) * 2 <= alone, 1),
        (func.length(body) + pairs <= alone, 1),
        (pairs == 0, cast(func.ceil(func.length(body) / literal(float(in_a_row))), Integer)),
        else_=func.regexp_count(units, _pattern(f".{{0,{in_a_row - 1}}}[^h]"), type_=Integer),
    )
