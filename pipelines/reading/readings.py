"""How a file would read in each likely encoding: the same few values of it, for the person who has to choose."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipelines.domain.fields import NAMES, field_of
from pipelines.language import say
from pipelines.reading.code_pages import BY_NAME
from pipelines.reading.dialect import Layout, recognise
from pipelines.reading.encoding import physical_lines
from pipelines.reading.evidence import UTF8, Evidence, decodes, text_of
from pipelines.reading.rows import storable

CHOICES = 4
_SAMPLES, _SAMPLE_LENGTH = 3, 40
_LAYOUT_BYTES = 256 * 1024
_NAMES = {field.name for field in NAMES}


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the file, with some of its values in it. They are personal data: for the sender's eyes, never for a log."""

    encoding: str
    title: str
    samples: tuple[str, ...]


def readings_of(path: Path, evidence: Evidence, names: Iterable[str]) -> tuple[Reading, ...]:
    """The likeliest readings of the same three values, which are taken where the readings differ.

    Of readings that are alike in everything that was looked at, the first stands for all.
    """
    likely = _unlike_each_other(evidence, names)
    likeliest = next(name for name in likely if name != UTF8 or len(likely) == 1)
    layout = _layout(path, likeliest)
    places = _places(evidence, likely, likeliest, layout)
    return tuple(
        Reading(
            name,
            say(BY_NAME[name].title),
            tuple(_value(line, place, name, layout.delimiter) for line, place in places),
        )
        for name in likely
    )


def _unlike_each_other(evidence: Evidence, names: Iterable[str]) -> list[str]:
    cells = list(evidence.invalid or evidence.valid)
    found: dict[tuple[str, ...], str] = {}
    for name in names:
        found.setdefault(tuple(text_of(cell, name) for cell in cells), name)
        if len(found) == CHOICES:
            break
    return list(found.values())


def _layout(path: Path, encoding: str) -> Layout:
    with path.open("rb") as file:
        return recognise(physical_lines(text_of(file.read(_LAYOUT_BYTES), encoding)))


def _places(evidence: Evidence, likely: list[str], encoding: str, layout: Layout) -> list[tuple[bytes, int]]:
    """Where the values to show stand, as line and column: where most of the readings differ, names first, and what holds figures or names
    a column last.
    """
    names = {place for place, column in enumerate(layout.header) if field_of(column) in _NAMES}
    found: dict[str, tuple[tuple[int, ...], bytes, int]] = {}
    for line in evidence.samples:
        cells, valid = _cells(line, encoding, layout.delimiter), decodes(line, UTF8)
        for place, cell in enumerate(cells):
            if not cell.isascii():
                alike = -len({_value(line, place, name, layout.delimiter) for name in likely})
                rank = (valid, cells == layout.header, alike, place not in names, any(map(str.isdigit, cell)))
                found.setdefault(cell.casefold(), (rank, line, place))
    best = sorted(found.values(), key=lambda each: each[0])[:_SAMPLES]
    return [(line, place) for _, line, place in best]


def _value(line: bytes, place: int, encoding: str, delimiter: str) -> str:
    cells = _cells(line, encoding, delimiter)
    cell = storable(cells[place]) if place < len(cells) else ""
    return "".join(character if character.isprintable() else "\ufffd" for character in cell)[:_SAMPLE_LENGTH]


def _cells(line: bytes, encoding: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([text_of(line, encoding)], delimiter=delimiter), [])]
    except csv.Error:
        return []
