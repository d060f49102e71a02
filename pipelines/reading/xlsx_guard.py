"""Checks a workbook before it is opened: sizes, member names, dangerous XML, the total of its cells. Also collects facts about each sheet."""

import re
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from posixpath import normpath
from xml.etree import ElementTree as ET
from xml.parsers.expat import ExpatError

from pipelines.errors import PacketRefused
from pipelines.language import Sentence
from pipelines.reading.rows import COLUMN_LIMIT
from pipelines.reading.xlsx_sheet import (
    SheetFacts,
    parse_sheet_facts,
    parse_string_lengths,
    sheet_facts,
    string_lengths,
)

MEMBER_LIMIT = 2_000
INFLATED_LIMIT = 200 * 1024 * 1024  # bytes
TEXT_LIMIT = 200 * 1024 * 1024  # bytes of shared strings, counted once for each cell that shows them
RATIO_LIMIT = 100
_RATIO_MATTERS = 10 * 1024 * 1024  # below this, the ratio does not matter
MAX_SHEETS = 50  # each is read to see whether it has rows
_GRID_LIMIT = 20_000_000  # cells of the bounding rectangle, which the reader keeps in memory
_CHUNK = 1 << 20

_LINKS, _BOOK, _STRINGS = "xl/_rels/workbook.xml.rels", "xl/workbook.xml", "xl/sharedstrings.xml"
_DECLARED = re.compile(rb"<!(?:DOCTYPE|ENTITY)")


def inspect(path: Path) -> dict[str, SheetFacts]:
    """The visible sheets by name. Inflates every member once, so wrong sizes in the directory are detected.

    Raises PacketRefused for a file that is not an XLSX workbook, a zip bomb, suspicious member names, XML with a document type, a sheet
    beyond the limits, or cells with more text than is allowed in total.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_kind(set(archive.namelist()))
            _check_directory(archive, path.stat().st_size)
            return _sheets(archive)
    except (
        *(zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError),
        *(
            LookupError,
            ValueError,
            SyntaxError,
            ExpatError,
        ),  # malformed XML, or references to missing parts
    ):
        raise PacketRefused("damaged_workbook") from None


def _check_kind(names: set[str]) -> None:
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise PacketRefused("macros")
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        return
    if "mimetype" in names and "content.xml" in names:
        raise PacketRefused("unknown_kind", kind=Sentence("kind_open_document"))
    raise PacketRefused("compressed_file", format="zip")


def _check_directory(archive: zipfile.ZipFile, file_size: int) -> None:
    members = archive.infolist()
    names = [member.filename for member in members]
    inflated = sum(member.file_size for member in members)
    bomb = inflated > _RATIO_MATTERS and inflated > RATIO_LIMIT * file_size
    if bomb or len(members) > MEMBER_LIMIT or inflated > INFLATED_LIMIT:
        raise PacketRefused("workbook_too_large", size=inflated, parts=len(members))
    if len({name.lower() for name in names}) != len(names) or any(_is_suspicious(name) for name in names):
        raise PacketRefused("suspicious_workbook")


def _is_suspicious(name: str) -> bool:
    return name.startswith("/") or "\\" in name or normpath(name).startswith("..")


def _sheets(archive: zipfile.ZipFile) -> dict[str, SheetFacts]:
    members = {member.filename.lower(): member for member in archive.infolist()}
    visible = list(_visible_sheets(archive))
    if len(visible) > MAX_SHEETS:
        raise PacketRefused("too_many_sheets", max=MAX_SHEETS)
    if len({place.lower() for _, place in visible}) < len(visible):
        raise PacketRefused("sheet_listed_twice")
    sheets = {name: members[place.lower()] for name, place in visible}
    strings = members.get(_STRINGS)
    for member in members.values():
        if member is not strings and member not in sheets.values():
            deque(_inflated(archive, member), maxlen=0)
    shared = _string_lengths(archive, strings)
    facts = {}
    text = 0
    for name, member in sheets.items():
        facts[name] = _sheet_facts(archive, member, shared)
        _check_grid(facts[name])
        text += facts[name].text
        if text > TEXT_LIMIT:
            raise PacketRefused("workbook_text_too_large", limit=TEXT_LIMIT)
    return facts


def _string_lengths(archive: zipfile.ZipFile, member: zipfile.ZipInfo | None) -> Sequence[int]:
    if member is None:
        return ()
    lengths = string_lengths(_inflated(archive, member))
    return parse_string_lengths(_inflated(archive, member)) if lengths is None else lengths


def _sheet_facts(archive: zipfile.ZipFile, member: zipfile.ZipInfo, shared: Sequence[int]) -> SheetFacts:
    facts = sheet_facts(_inflated(archive, member), shared)
    return parse_sheet_facts(_inflated(archive, member), shared) if facts is None else facts


def _check_grid(facts: SheetFacts) -> None:
    if facts.last_column >= COLUMN_LIMIT:
        raise PacketRefused("sheet_too_wide", columns=facts.last_column + 1, max=COLUMN_LIMIT)
    if facts.last_row * (facts.last_column + 1) > _GRID_LIMIT:
        raise PacketRefused("sheet_too_large")


def _inflated(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The member in chunks. Raises BadZipFile when it contradicts the directory, PacketRefused when it declares a document type."""
    end = b""
    with archive.open(member) as file:
        while chunk := file.read(_CHUNK):
            if _DECLARED.search(end + chunk):
                raise PacketRefused("suspicious_xml")
            yield chunk
            end = chunk[-len(b"<!DOCTYPE") :]


def _visible_sheets(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Sheet names in the workbook's order, each with the name of its member."""
    targets = {}
    for link in _root(archive, _LINKS).findall("{*}Relationship"):
        target = link.get("Target", "").removeprefix("/")
        targets[link.get("Id")] = target if target.startswith("xl/") else f"xl/{target}"
    for sheet in _root(archive, _BOOK).findall(".//{*}sheet"):
        link_id = next((value for name, value in sheet.items() if name.endswith("}id")), None)
        if sheet.get("state", "visible") == "visible":
            yield sheet.get("name", ""), targets[link_id]


def _root(archive: zipfile.ZipFile, name: str) -> ET.Element:
    xml = b"".join(_inflated(archive, archive.getinfo(name)))
    return ET.fromstring(xml)  # noqa: S314 - document types were refused before, and expat limits the rest
