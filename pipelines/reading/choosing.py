"""Chooses the encoding of a text file: a certain one, the one that a person stated, or a question with sample values for each likely one."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

from pipelines.errors import PacketRefused
from pipelines.language import Sentence
from pipelines.reading.code_pages import BY_NAME, canonical_name, of_region
from pipelines.reading.evidence import UTF8, Evidence, gather, sense, text_of, words_in
from pipelines.reading.readings import CHOICES, Reading, readings_of

WESTERN = "cp1252"
_CERTAIN = 0.98  # share of plausible words from which an encoding is certain
_RIVAL = 0.9  # from which another encoding is a rival
_SENSE = 0.6  # below which an encoding makes no sense
_MAX_SPOILED = 0.1  # share of lines that may contain bytes that make no sense in any encoding
_OLD_WESTERN = ("mac_roman", "cp850")  # these also encode Western names, with other bytes
# The national standards behind the East Asian code pages, and the first bytes of their everyday characters (the first level, kana).
_EVERYDAY = {
    "cp932": ("shift_jis", b"\x81", b"\x98"),
    "euc_jp": ("euc_jp", b"\xa1", b"\xcf"),
    "gb18030": ("gb2312", b"\xa1", b"\xd7"),
    "cp950": ("big5", b"\xa1", b"\xc6"),
    "cp949": ("euc_kr", b"\xb0", b"\xc8"),
}
_THREE_BYTES = re.compile(rb"[\xe0-\xf4][\x80-\xbf]{2}")
_BEYOND_LATIN = "\u0250"


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known apart from the file: the encoding that a person stated, the encoding of an earlier file of the feed, and the client's
    region and language.
    """

    stated: str | None = None
    remembered: str | None = None
    region: str = "US"
    language: str = "en"


class EncodingUnsure(PacketRefused):
    """The file can be read in more than one encoding. `readings` contain values of the file, likeliest encoding first; the sentence does not."""

    def __init__(self, sentence: Sentence, readings: tuple[Reading, ...]) -> None:
        super().__init__(sentence)
        self.readings = readings


def choose(path: Path, hints: Hints) -> str:
    """Choose the encoding of a text file that is neither ASCII nor clearly UTF-8, or for which a person stated another encoding.

    A file whose non-ASCII lines are mostly valid UTF-8 is UTF-8: only its other rows are held. The remembered encoding is used as long
    as the file makes sense in it. Raises EncodingUnsure when a person has to choose, or when the stated encoding fits hardly any row.
    """
    stated = canonical_name(hints.stated) if hints.stated else None
    remembered = canonical_name(hints.remembered) if hints.remembered else None
    evidence = gather(path, stated or remembered)
    if stated:
        return _confirmed(path, evidence, stated, hints)
    if remembered and _still_fits(evidence, remembered, hints):
        return UTF8 if _is_utf8_after_all(evidence, remembered) else remembered
    utf8 = sense(evidence.valid, UTF8)
    if evidence.good and evidence.good >= evidence.bad and utf8 >= _SENSE:
        return UTF8
    if not evidence.good and _is_western(evidence, hints):
        return WESTERN
    if not evidence.bad and (utf8 or not any(_is_everyday(evidence, name) for name in _EVERYDAY)):
        return UTF8
    ranked = _ranked(evidence, hints)
    if ranked[0][1] < _SENSE and evidence.bad <= evidence.lines * _MAX_SPOILED:
        return UTF8  # bytes that make no sense in any encoding spoil only their own rows
    names = [name for name, likely in ranked if likely >= _SENSE] or [name for name, _ in ranked]
    readings = readings_of(path, evidence, names)
    if utf8 >= _SENSE and evidence.bad * 2 <= evidence.lines:
        readings = (*readings[: CHOICES - 1], *readings_of(path, evidence, [UTF8]))
    raise EncodingUnsure(Sentence("encoding_unsure"), readings)


def _confirmed(path: Path, evidence: Evidence, stated: str, hints: Hints) -> str:
    """The stated encoding, unless the file is UTF-8 after all. Raises EncodingUnsure when it does not fit."""
    if _is_utf8_after_all(evidence, stated):
        return UTF8
    if evidence.spoiled * 2 > evidence.lines:
        others = [(name, likely) for name, likely in _ranked(evidence, hints) if name != stated]
        names = [name for name, likely in others if likely >= _SENSE] or [name for name, _ in others]
        wrong = Sentence("encoding_wrong", {"encoding": BY_NAME[stated].title})
        raise EncodingUnsure(wrong, readings_of(path, evidence, names))
    return stated


def _is_utf8_after_all(evidence: Evidence, expected: str) -> bool:
    """Whether the file is UTF-8 although `expected` is another encoding: other text is hardly ever valid and sensible UTF-8."""
    if not evidence.good or evidence.good < evidence.bad:
        return False
    if not evidence.bad and any(_THREE_BYTES.search(cell) for cell in evidence.valid):
        return (
            True  # symbols are not words, but three-byte sequences are never valid by accident in all lines
        )
    utf8 = sense(evidence.valid, UTF8)
    return utf8 >= _SENSE and utf8 >= sense(evidence.valid, expected)


def _still_fits(evidence: Evidence, remembered: str, hints: Hints) -> bool:
    """Whether the words of this file make sense in the encoding of an earlier one. A feed may change its code page, and the earlier file
    may have had no letter that tells two code pages apart.
    """
    cells = list(evidence.invalid or evidence.valid)
    if evidence.spoiled * 2 > evidence.lines:
        return False
    if remembered not in (WESTERN, *of_region(hints.region)):
        different = _unlike(evidence, remembered)
        if different and sense(different, WESTERN, hints.language) >= _CERTAIN:
            return False
    return sense(cells, remembered) >= _RIVAL and _common(cells, remembered) >= _SENSE


def _is_western(evidence: Evidence, hints: Hints) -> bool:
    """Whether only Western European makes sense: its words are spelled correctly, and those of no other encoding are."""
    if sense(evidence.invalid, WESTERN, hints.language) < _CERTAIN:
        return False
    if any(_unlike(evidence, name) for name in of_region(hints.region)):
        return False
    return all(sense(_unlike(evidence, name), name, hints.language) < _RIVAL for name in _OLD_WESTERN)


def _unlike(evidence: Evidence, encoding: str) -> list[bytes]:
    """The cells whose text differs from that in the Western code page."""
    return [cell for cell in evidence.invalid if text_of(cell, encoding) != text_of(cell, WESTERN)]


def _is_everyday(evidence: Evidence, encoding: str) -> bool:
    """Whether a little valid UTF-8 that makes no sense and has no Latin letter is everyday East Asian text in this encoding."""
    cells = evidence.valid
    latin = any("\x7f" < character < _BEYOND_LATIN for word in words_in(cells, UTF8) for character in word)
    return not latin and sense(cells, encoding) == 1 and _common(cells, encoding) == 1


def _ranked(evidence: Evidence, hints: Hints) -> list[tuple[str, float]]:
    """The code pages with their share of words that make sense, likeliest first: by that share, the client's region, then statistics."""
    cells = list(evidence.invalid or evidence.valid)
    names = [name for name in BY_NAME if name != UTF8]
    matches = from_bytes(
        b"\n".join(cells),
        cp_isolation=names,
        threshold=1.0,
        preemptive_behaviour=False,
        enable_fallback=False,
    )
    by_letters = [each.encoding for match in matches for each in (match, *match.submatch)]
    regional = of_region(hints.region) or (WESTERN,)

    def rank(candidate: tuple[str, float]) -> tuple[float, bool, float, int]:
        name, likely = candidate
        letters = by_letters.index(name) if name in by_letters else len(names)
        return -round(likely, 1), name not in regional, -round(_common(cells, name), 1), letters

    return sorted(((name, sense(cells, name)) for name in names), key=rank)


def _common(cells: Iterable[bytes], encoding: str) -> float:
    """The share (0 to 1) of everyday characters in East Asian text: nearly every pair of bytes is some character there."""
    if encoding not in _EVERYDAY:
        return 1.0
    standard, first, last = _EVERYDAY[encoding]
    characters = [
        character for word in words_in(cells, encoding) for character in word if character.isalpha()
    ]
    leads = [character.encode(standard, "ignore")[:1] for character in characters]
    return sum(first <= lead <= last for lead in leads) / max(1, len(leads))
