"""Which encoding a text file is read in: certain, said by a person, or asked, with values as they would read in each likely one."""

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
_CERTAIN = 0.98  # of the words have to be plausible where nobody is asked
_RIVAL = 0.9  # and so many in another reading make it a rival
_SENSE = 0.6  # below, a reading makes no sense
_FEW = 0.1  # of the lines: so many may be spoiled by bytes that make no sense in any reading
_OLD_WESTERN = ("mac_roman", "cp850")  # in which Western names are spelled too, with other bytes
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
    """What is known beside the file: the encoding that a person says of it, the one that an earlier file of the feed was in, and where
    and in which language the client works.
    """

    said: str | None = None
    remembered: str | None = None
    region: str = "US"
    language: str = "en"


class EncodingUnsure(PacketRefused):
    """The file can be read in more than one way. Its sentence holds nothing of the file; `readings` do, the likeliest first."""

    def __init__(self, sentence: Sentence, readings: tuple[Reading, ...]) -> None:
        super().__init__(sentence)
        self.readings = readings


def choose(path: Path, hints: Hints) -> str:
    """The encoding of a text file that is more than ASCII and not simply UTF-8, or is said to be something else.

    A file that is UTF-8 in most of the lines where that shows stays UTF-8: only its other rows are held. What was remembered holds while
    the file makes sense in it. Raises EncodingUnsure when a person has to choose, or when what was said fits hardly any row.
    """
    said = canonical_name(hints.said) if hints.said else None
    remembered = canonical_name(hints.remembered) if hints.remembered else None
    evidence = gather(path, said or remembered)
    if said:
        return _said(path, evidence, said, hints)
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
    if ranked[0][1] < _SENSE and evidence.bad <= evidence.lines * _FEW:
        return UTF8  # bytes that make sense nowhere spoil their own rows
    names = [name for name, likely in ranked if likely >= _SENSE] or [name for name, _ in ranked]
    readings = readings_of(path, evidence, names)
    if utf8 >= _SENSE and evidence.bad * 2 <= evidence.lines:
        readings = (*readings[: CHOICES - 1], *readings_of(path, evidence, [UTF8]))
    raise EncodingUnsure(Sentence("encoding_unsure"), readings)


def _said(path: Path, evidence: Evidence, said: str, hints: Hints) -> str:
    """What was said, unless the file is UTF-8 after all."""
    if _is_utf8_after_all(evidence, said):
        return UTF8
    if evidence.spoiled * 2 > evidence.lines:
        others = [(name, likely) for name, likely in _ranked(evidence, hints) if name != said]
        names = [name for name, likely in others if likely >= _SENSE] or [name for name, _ in others]
        wrong = Sentence("encoding_wrong", {"encoding": BY_NAME[said].title})
        raise EncodingUnsure(wrong, readings_of(path, evidence, names))
    return said


def _is_utf8_after_all(evidence: Evidence, otherwise: str) -> bool:
    """Whether a file of which another encoding is expected is UTF-8: other bytes are hardly ever valid and sensible UTF-8."""
    if not evidence.good or evidence.good < evidence.bad:
        return False
    if not evidence.bad and any(_THREE_BYTES.search(cell) for cell in evidence.valid):
        return True  # signs and symbols, which are no words: three bytes are not UTF-8 by accident, and never in all lines
    utf8 = sense(evidence.valid, UTF8)
    return utf8 >= _SENSE and utf8 >= sense(evidence.valid, otherwise)


def _still_fits(evidence: Evidence, remembered: str, hints: Hints) -> bool:
    """Whether the words of this file make sense in the encoding of an earlier one: a feed may change its code page overnight, and the
    earlier file may have had no letter that tells two code pages apart.
    """
    cells = list(evidence.invalid or evidence.valid)
    if evidence.spoiled * 2 > evidence.lines:
        return False
    if remembered not in (WESTERN, *of_region(hints.region)):
        other = [cell for cell in evidence.invalid if text_of(cell, remembered) != text_of(cell, WESTERN)]
        if other and sense(other, WESTERN, hints.language) >= _CERTAIN:
            return False
    return sense(cells, remembered) >= _RIVAL and _common(cells, remembered) >= _SENSE


def _is_western(evidence: Evidence, hints: Hints) -> bool:
    """Whether nothing but Western European makes sense: all words in its spelling, and no other reading of them is."""
    if sense(evidence.invalid, WESTERN, hints.language) < _CERTAIN:
        return False
    if any(_unlike(evidence, name) for name in of_region(hints.region)):
        return False
    return all(sense(_unlike(evidence, name), name, hints.language) < _RIVAL for name in _OLD_WESTERN)


def _unlike(evidence: Evidence, encoding: str) -> list[bytes]:
    """The cells that read otherwise than in the Western code page."""
    return [cell for cell in evidence.invalid if text_of(cell, encoding) != text_of(cell, WESTERN)]


def _is_everyday(evidence: Evidence, encoding: str) -> bool:
    """Whether a little valid UTF-8 that makes no sense, with no Latin letter in it, is everyday East Asian after all."""
    cells = evidence.valid
    latin = any("\x7f" < character < _BEYOND_LATIN for word in words_in(cells, UTF8) for character in word)
    return not latin and sense(cells, encoding) == 1 and _common(cells, encoding) == 1


def _ranked(evidence: Evidence, hints: Hints) -> list[tuple[str, float]]:
    """The code pages with the share of words that make sense, the likeliest first: that share, the client's region, statistics."""
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
    own = of_region(hints.region) or (WESTERN,)

    def rank(found: tuple[str, float]) -> tuple[float, bool, float, int]:
        name, likely = found
        letters = by_letters.index(name) if name in by_letters else len(names)
        return -round(likely, 1), name not in own, -round(_common(cells, name), 1), letters

    return sorted(((name, sense(cells, name)) for name in names), key=rank)


def _common(cells: Iterable[bytes], encoding: str) -> float:
    """How many of its East Asian characters are everyday ones, of 1: nearly every pair of bytes is some character there."""
    if encoding not in _EVERYDAY:
        return 1.0
    standard, first, last = _EVERYDAY[encoding]
    read = [character for word in words_in(cells, encoding) for character in word if character.isalpha()]
    leads = [character.encode(standard, "ignore")[:1] for character in read]
    return sum(first <= lead <= last for lead in leads) / max(1, len(leads))
