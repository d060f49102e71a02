"""What a file is, judged by its content and never by its name: kind, encoding, digest. One pass over the bytes."""

import codecs
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import PacketRefused
from pipelines.language import Sentence
from pipelines.reading.choosing import Hints, choose
from pipelines.reading.signatures import refuse_by_signature

CHUNK = 1 << 20
SAMPLE = 256 * 1024
CSV, XLSX = "csv", "xlsx"

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark begins alike
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FEW_BYTES = 1000
_FEW_PAIRS = 12  # one in seven Chinese characters in GB 18030 is also valid UTF-8
_THREE_BYTES = "\u0800"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r\x0b\x0c\x1a\x1b\x1c\x1d\x1e\x1f")
_ISO_2022 = re.compile(rb"\x1b\$[@AB()]")
_MARKUP = re.compile(rb"\s*<(!doctype|html|table|\?xml|meta|head|body|style|div)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FileFacts:
    """The result of one pass over a file. Every zip archive counts as a workbook until it is opened; its `encoding` is None."""

    kind: str
    encoding: str | None
    sha256: str
    bytes: int


def survey(path: Path, hints: Hints, settled: str | None = None) -> FileFacts:
    """Read the file, once if it is plain UTF-8. `settled` is an encoding that was decided before.

    A byte order mark decides, then valid UTF-8, then `choose`: a file that is UTF-8 except for a few bytes stays UTF-8, and only the rows
    with these bytes are held. Raises EncodingUnsure when a person has to choose, and PacketRefused for a file that is not a text table:
    empty, binary, compressed, .xls, HTML, JSON.
    """
    with path.open("rb") as file:
        start = file.read(SAMPLE)
        kind = _kind(path, start)
        declared = settled or next((name for mark, name in _BOMS if start.startswith(mark)), None)
        utf8 = None if declared or kind == XLSX else _Utf8()
        digest, size, seen_text = hashlib.sha256(), 0, False
        file.seek(0)
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            seen_text = seen_text or bool(chunk.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"))
            if utf8 is not None:
                utf8.add(chunk)
    if not seen_text:
        raise PacketRefused("only_blank_lines")
    encoding = None if kind == XLSX else declared or _chosen(path, utf8, hints)
    return FileFacts(kind, encoding, digest.hexdigest(), size)


class _Utf8:
    """Whether all bytes are valid UTF-8, and whether they are enough to exclude an accident."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._pairs = 0  # roughly, of two-byte characters
        self._valid = True

    def add(self, chunk: bytes) -> None:
        if not self._valid or (chunk.isascii() and not self._decoder.getstate()[0]):
            return
        try:
            text = self._decoder.decode(chunk)
        except UnicodeDecodeError:
            self._valid = False
            return
        if self._pairs < _FEW_PAIRS:
            self._pairs += len(chunk) - len(text) if max(text, default="") < _THREE_BYTES else _FEW_PAIRS

    def is_certain(self) -> bool:
        whole = not self._decoder.getstate()[0]
        return self._valid and whole and (self._pairs == 0 or self._pairs >= _FEW_PAIRS)

    def is_ascii(self) -> bool:
        return self._valid and self._pairs == 0 and not self._decoder.getstate()[0]


def _chosen(path: Path, utf8: _Utf8 | None, hints: Hints) -> str:
    if utf8 is None or utf8.is_ascii() or (utf8.is_certain() and not hints.stated):
        return "utf-8"
    return choose(path, hints)


def _kind(path: Path, start: bytes) -> str:
    if not start:
        raise PacketRefused("empty_file")
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return XLSX
    if start.startswith(_OLE):
        raise _old_office(path)
    refuse_by_signature(start)
    if any(start.startswith(mark) for mark, _ in _BOMS[1:]):
        return CSV
    _refuse_binary(start)
    if _MARKUP.match(start.removeprefix(codecs.BOM_UTF8)):
        raise PacketRefused("html_table")
    if start.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"{", b"["):
        raise PacketRefused("unknown_kind", kind=Sentence("kind_json"))
    return CSV


def _old_office(path: Path) -> PacketRefused:
    with path.open("rb") as file:
        tail = b""
        while chunk := file.read(CHUNK):
            if _ENCRYPTED in tail + chunk:
                return PacketRefused("encrypted")
            tail = chunk[-len(_ENCRYPTED) :]
    return PacketRefused("old_excel")


def _refuse_binary(start: bytes) -> None:
    controls = len(start) - len(start.translate(None, _CONTROLS))
    zeros = start.count(0)
    if _ISO_2022.search(start):
        raise PacketRefused("iso_2022")
    if (
        len(start) >= len("a,b\n") and zeros * 5 >= len(start) * 2
    ):  # UTF-16 text in Latin letters is half zeros
        raise PacketRefused("utf16_without_mark")
    share = 0.3 if len(start) < _FEW_BYTES else 0.05  # 10 % of random bytes are control characters
    if controls > len(start) * share:
        raise PacketRefused("not_a_text_file")
