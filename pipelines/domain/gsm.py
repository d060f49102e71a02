"""How many parts a text message takes, and in which alphabet: 3GPP TS 23.038 (6.2.1) and TS 23.040 (9.2.3.24.1, 9.2.3.24.8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Encoding = Literal["GSM-7", "UCS-2"]

# TS 23.038, 6.2.1: the GSM 7 bit default alphabet, row by row, without its escape to the extension table.
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# TS 23.038, 6.2.1.1: each of these takes two septets, the escape and itself.
EXTENSION = "\f^{}\\[~]|€"

# Septets or UTF-16 units that fit into a message of one part, and into each part of a longer one, which has a header of six octets.
SINGLE_PART: dict[Encoding, int] = {"GSM-7": 160, "UCS-2": 70}
MULTI_PART: dict[Encoding, int] = {"GSM-7": 153, "UCS-2": 67}

_BASIC, _EXTENSION = frozenset(BASIC), frozenset(EXTENSION)
_GSM = _BASIC | _EXTENSION
_LAST_SINGLE_UNIT = "\uffff"  # beyond it UTF-16 takes a pair


@dataclass(frozen=True, slots=True)
class Parts:
    """The size of a text message: its alphabet, the number of parts billed, and its length in septets or UTF-16 units."""

    encoding: Encoding
    segments: int
    units: int


def parts(text: str) -> Parts:
    """Measure a text message. An empty one still takes one part."""
    encoding, widths = _widths(text)
    units = sum(widths)
    segments = 1 if units <= SINGLE_PART[encoding] else 1 + len(_cuts(widths, MULTI_PART[encoding]))
    return Parts(encoding, segments, units)


def split(text: str) -> list[str]:
    """The parts in which the text is sent; joined, they give the text."""
    encoding, widths = _widths(text)
    cuts = [] if sum(widths) <= SINGLE_PART[encoding] else _cuts(widths, MULTI_PART[encoding])
    return [text[start:end] for start, end in pairwise([0, *cuts, len(text)])]


def _widths(text: str) -> tuple[Encoding, list[int]]:
    """The alphabet, and how many septets or UTF-16 units each character takes."""
    if _GSM.issuperset(text):
        return "GSM-7", [2 if character in _EXTENSION else 1 for character in text]
    return "UCS-2", [2 if character > _LAST_SINGLE_UNIT else 1 for character in text]


def _cuts(widths: Iterable[int], room: int) -> list[int]:
    """The indexes at which a new part begins. No escaped character or surrogate pair is split between two parts."""
    cuts, used = [], 0
    for index, width in enumerate(widths):
        if used + width > room:
            cuts.append(index)
            used = 0
        used += width
    return cuts
