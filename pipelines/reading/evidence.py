"""What the bytes of a text file show about its encoding, gathered over the whole file in constant memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.reading.encoding import decoder, is_marked
from pipelines.reading.plausible import share, words

UTF8 = "utf-8"
_BLOCK = 1 << 20
_LINE_LIMIT = 4 << 20
_PIECES, _PIECE_BYTES = 4_000, 200  # distinct cells to judge, and bytes of each
_SAMPLE_LINES, _SAMPLE_LINE_BYTES = 300, 8_000


@dataclass(slots=True)
class Evidence:
    """The non-ASCII lines of a file. `good` of them are valid UTF-8, `bad` are not. `expected` is the stated or remembered encoding."""

    expected: str | None
    lines: int = 0
    good: int = 0
    bad: int = 0
    spoiled: int = 0  # lines with bytes that are not valid in the expected encoding
    valid: dict[bytes, None] = field(default_factory=dict)  # distinct cells, in file order
    invalid: dict[bytes, None] = field(default_factory=dict)
    samples: list[bytes] = field(default_factory=list)

    def add(self, line: bytes) -> None:
        self.lines += 1
        if line.isascii():
            return
        valid = decodes(line, UTF8)
        self.good, self.bad = self.good + valid, self.bad + (not valid)
        if self.expected and not decodes(line, self.expected):
            self.spoiled += 1
        if len(self.samples) < _SAMPLE_LINES:
            self.samples.append(line[:_SAMPLE_LINE_BYTES])
        self._keep_cells(line)

    def _keep_cells(self, line: bytes) -> None:
        if len(self.valid) >= _PIECES and len(self.invalid) >= _PIECES:
            return
        for cell in line.replace(b";", b",").replace(b"\t", b",").replace(b'"', b",").split(b","):
            if not cell.isascii():
                kept = self.valid if decodes(cell, UTF8) else self.invalid
                if len(kept) < _PIECES:
                    kept[cell[:_PIECE_BYTES]] = None


def gather(path: Path, expected: str | None) -> Evidence:
    evidence = Evidence(expected)
    rest = b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            *lines, rest = (rest + block).splitlines(keepends=True)
            if len(rest) > _LINE_LIMIT:  # the reader gives up such a line, too
                rest = rest[-1:]
            for line in lines:
                if not line.isspace():
                    evidence.add(line.rstrip(b"\r\n"))
    if rest.strip():
        evidence.add(rest)
    return evidence


def sense(cells: Iterable[bytes], encoding: str, language: str | None = None) -> float:
    """The share (0 to 1) of words that make sense in an encoding. With a language: that are spelled as Western words."""
    return share(words_in(cells, encoding), language)


def words_in(cells: Iterable[bytes], encoding: str) -> Iterator[str]:
    for cell in cells:
        yield from words(text_of(cell, encoding))


def text_of(data: bytes, encoding: str) -> str:
    return decoder(encoding).decode(data, final=True)


def decodes(data: bytes, encoding: str) -> bool:
    """Whether all bytes are valid in an encoding."""
    return not is_marked(text_of(data, encoding))
