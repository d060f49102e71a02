"""The same few values of a file in each likely encoding, for the person who has to choose one."""

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
    """One encoding with sample values of the file. They are personal data: shown to the sender, never logged."""

    encoding: str
    title: str
    samples: tuple[str, ...]


def readings_of(path: Path, evidence: Evidence, names: Iterable[str]) -> tuple[Reading, ...]:
    """The likeliest readings, each with the same three values, chosen where the readings differ.

    Of readings that agree on all examined cells, only the first is kept.
    """
    likely = _distinct(evidence, names)
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


def _distinct(evidence: Evidence, names: Iterable[str]) -> list[str]:
    cells = list(evidence.invalid or evidence.valid)
    by_texts: dict[tuple[str, ...], str] = {}
    for name in names:
        by_texts.setdefault(tuple(text_of(cell, name) for cell in cells), name)
        if len(by_texts) == CHOICES:
            break
    return list(by_texts.values())


def _layout(path: Path, encoding: str) -> Layout:
    with path.open("rb") as file:
        return recognise(physical_lines(text_of(file.read(_LAYOUT_BYTES), encoding)))


def _places(evidence: Evidence, likely: list[str], encoding: str, layout: Layout) -> list[tuple[bytes, int]]:
    """The line and column of each value to show: first where most readings differ, then names, with digits last. Lines of valid UTF-8 and
    the header are used only if nothing else is left.
    """
    names = {place for place, column in enumerate(layout.header) if field_of(column) in _NAMES}
    ranked: dict[str, tuple[tuple[int, ...], bytes, int]] = {}
    for line in evidence.samples:
        cells, valid = _cells(line, encoding, layout.delimiter), decodes(line, UTF8)
        for place, cell in enumerate(cells):
            if not cell.isascii():
                sameness = -len({_value(line, place, name, layout.delimiter) for name in likely})
                rank = (
                    valid,
                    cells == layout.header,
                    sameness,
                    place not in names,
                    any(map(str.isdigit, cell)),
                )
                ranked.setdefault(cell.casefold(), (rank, line, place))
    best = sorted(ranked.values(), key=lambda each: each[0])[:_SAMPLES]
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
