"""What a file is, told by its content and never by its name: kind, encoding, digest. One pass over the bytes."""

import codecs
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import PacketRefused
from pipelines.reading import encoding as marking

CHUNK = 1 << 20
SAMPLE = 256 * 1024
CSV, XLSX = "csv", "xlsx"

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
AS_CSV = "Save it as CSV (UTF-8) or as XLSX and upload that file."
_SIGNATURES = (
    (
        b"\x1f\x8b",
        "compressed_file",
        "This is a compressed file (gzip). Unpack it and upload the CSV or XLSX file itself.",
    ),
    (b"%PDF", "unknown_kind", f"This is a PDF document, not a list of rows. {AS_CSV}"),
    (
        b"\xff\xd8\xff",
        "unknown_kind",
        "This is a picture (JPEG), not a list of rows. Upload a CSV or XLSX file.",
    ),
    (b"\x89PNG", "unknown_kind", "This is a picture (PNG), not a list of rows. Upload a CSV or XLSX file."),
    (b"GIF8", "unknown_kind", "This is a picture (GIF), not a list of rows. Upload a CSV or XLSX file."),
    (b"\x7fELF", "unknown_kind", "This is a program, not a list of rows. Upload a CSV or XLSX file."),
    (b"MZ\x90", "unknown_kind", "This is a program, not a list of rows. Upload a CSV or XLSX file."),
)
_FEW_BYTES = 1000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r\x0b\x0c\x1a\x1b\x1c\x1d\x1e\x1f")
_MARKUP = re.compile(rb"\s*<(!doctype|html|table|\?xml|meta|head|body|style|div)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What one pass over a file tells. A workbook is any zip archive until it is opened, and its `encoding` is None."""

    kind: str
    encoding: str | None
    sha256: str
    bytes: int


def survey(path: Path, default_encoding: str) -> FileFacts:
    """Read the file once. A byte order mark decides the encoding, then valid UTF-8, then `default_encoding` (the feed's).

    A file that is UTF-8 but for a few bytes stays UTF-8: only the rows with these bytes are held.
    Raises PacketRefused for what is no table of text: empty, binary, compressed, .xls, HTML, JSON.
    """
    with path.open("rb") as file:
        start = file.read(SAMPLE)
        kind = _kind(path, start)
        declared = next((name for mark, name in _BOMS if start.startswith(mark)), None)
        counts = None if declared or kind == XLSX else _Utf8Count()
        digest, size, seen_text = hashlib.sha256(), 0, False
        file.seek(0)
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            seen_text = seen_text or bool(chunk.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"))
            if counts is not None:
                counts.add(chunk)
    if not seen_text:
        raise PacketRefused(
            "The file holds only blank lines. Upload the file with its rows.", code="blank_file"
        )
    encoding = None if kind == XLSX else declared or _chosen(counts, default_encoding)
    return FileFacts(kind, encoding, digest.hexdigest(), size)


class _Utf8Count:
    """How many bytes belong to valid UTF-8 characters beyond ASCII (about), and how many to none."""

    def __init__(self) -> None:
        self._decoder = marking.decoder("utf-8")
        self.valid = self.invalid = 0

    def add(self, chunk: bytes) -> None:
        text = self._decoder.decode(chunk)
        self.valid += max(0, len(chunk) - len(text))  # bytes after the first of each longer character
        if marking.is_marked(text):
            self.invalid += len(marking.MARKS.findall(text))


def _chosen(counts: _Utf8Count | None, default_encoding: str) -> str:
    if counts is None or not counts.invalid or counts.valid > counts.invalid:
        return "utf-8"
    return default_encoding


def _kind(path: Path, start: bytes) -> str:
    if not start:
        raise PacketRefused("The file is empty (0 bytes). Export it again and upload it.", code="empty_file")
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return XLSX
    if start.startswith(_OLE):
        raise _old_office(path)
    for signature, code, sentence in _SIGNATURES:
        if start.startswith(signature):
            raise PacketRefused(sentence, code=code)
    if any(start.startswith(mark) for mark, _ in _BOMS[1:]):
        return CSV
    _refuse_binary(start)
    if _MARKUP.match(start.removeprefix(codecs.BOM_UTF8)):
        raise PacketRefused(
            f"This is a web page or XML, even if its name says otherwise (many systems export it as .xls). Open it in a spreadsheet. {AS_CSV}",
            code="html_table",
        )
    if start.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"{", b"["):
        raise PacketRefused(f"This looks like JSON, not a table. {AS_CSV}", code="unknown_kind")
    return CSV


def _old_office(path: Path) -> PacketRefused:
    with path.open("rb") as file:
        tail = b""
        while chunk := file.read(CHUNK):
            if _ENCRYPTED in tail + chunk:
                return PacketRefused(
                    "The workbook is protected with a password. Remove the password, save it and upload it again.",
                    code="encrypted",
                )
            tail = chunk[-len(_ENCRYPTED) :]
    return PacketRefused(f"This is an old Excel workbook (.xls). {AS_CSV}", code="old_excel")


def _refuse_binary(start: bytes) -> None:
    controls = len(start) - len(start.translate(None, _CONTROLS))
    zeros = start.count(0)
    if (
        len(start) >= len("a,b\n") and zeros * 5 >= len(start) * 2
    ):  # UTF-16 text in Latin letters is half zeros
        raise PacketRefused(
            "The text looks like UTF-16 without its byte order mark, or like no text at all. Save it as CSV (UTF-8) and upload that.",
            code="utf16_without_mark",
        )
    share = 0.3 if len(start) < _FEW_BYTES else 0.05  # random bytes hold 10 % of control characters
    if controls > len(start) * share:
        raise PacketRefused("This is not a text file. Upload a CSV or XLSX file.", code="unknown_kind")
