"""What is checked of a workbook before any of it is opened: sizes, names, dangerous XML; and what its cells alone do not tell."""

import html
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import normpath

from pipelines.errors import PacketRefused
from pipelines.reading.rows import COLUMN_LIMIT

MEMBER_LIMIT = 2_000
INFLATED_LIMIT = 200 * 1024 * 1024  # bytes
RATIO_LIMIT = 100
_RATIO_MATTERS = 10 * 1024 * 1024  # a small file may be as dense as it likes
_GRID_LIMIT = 20_000_000  # cells of the rectangle around all cells, which the reader keeps in memory
_CHUNK = 1 << 20

_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="(\d+)"[^>]*>')
_VALUED_COLUMN = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})\d+"[^>]*(?<!/)>')
_ERROR_CELL = re.compile(rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")[^>]*?\br="([A-Z]{1,3})(\d+)"')
_HIDDEN_ROW = re.compile(rb'<(?:\w+:)?row\b(?=[^>]*\bhidden="(?:1|true)")[^>]*?\br="(\d+)"')
_SHEET_TAG = re.compile(r"<(?:\w+:)?sheet\s([^>]*)>")
_LINK_TAG = re.compile(r"<(?:\w+:)?Relationship\s([^>]*)>")
_ATTRIBUTE = re.compile(r'([\w:]+)\s*=\s*"([^"]*)"')


@dataclass(slots=True)
class SheetFacts:
    """Rows are numbered from 1, columns from 0."""

    hidden_rows: set[int] = field(default_factory=set)
    error_cells: dict[int, set[int]] = field(default_factory=dict)  # row: columns
    last_row: int = 0
    last_column: int = 0


def inspect(path: Path) -> dict[str, SheetFacts]:
    """The sheets by name. Inflates every member once, so a directory that lies about sizes is found out.

    Raises PacketRefused for a zip bomb, suspicious member names, XML with a document type, or a sheet beyond the limits.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_directory(archive, path.stat().st_size)
            facts = {member.filename: _read_member(archive, member) for member in archive.infolist()}
            return {name: facts.get(member, SheetFacts()) for name, member in _sheet_members(archive)}
    except (zipfile.BadZipFile, EOFError, OSError, KeyError, ValueError, NotImplementedError, RuntimeError):
        raise PacketRefused(
            "The workbook is damaged or only half uploaded. Save it again and upload it.",
            code="damaged_workbook",
        ) from None


def column_number(letters: str) -> int:
    """A → 0, Z → 25, AA → 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _check_directory(archive: zipfile.ZipFile, file_size: int) -> None:
    members = archive.infolist()
    names = [member.filename for member in members]
    inflated = sum(member.file_size for member in members)
    bomb = inflated > _RATIO_MATTERS and inflated > RATIO_LIMIT * file_size
    if bomb or len(members) > MEMBER_LIMIT or inflated > INFLATED_LIMIT:
        raise PacketRefused(
            f"The workbook unpacks to {inflated // 1_000_000:,} MB in {len(members):,} parts, more than is allowed. Save it as CSV and upload that.",
            code="workbook_too_large",
        )
    if len(set(names)) != len(names) or any(_is_suspicious(name) for name in names):
        raise PacketRefused(
            "The workbook is built in a way that no spreadsheet program does. Save it again as XLSX or CSV.",
            code="suspicious_workbook",
        )


def _is_suspicious(name: str) -> bool:
    return name.startswith("/") or "\\" in name or normpath(name).startswith("..")


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> SheetFacts:
    facts = SheetFacts()
    is_sheet = member.filename.startswith("xl/worksheets/")
    for tags in _whole_tags(archive, member):
        if b"<!DOCTYPE" in tags or b"<!ENTITY" in tags:
            raise PacketRefused(
                "The workbook holds XML that no spreadsheet program writes. Save it again as XLSX or CSV.",
                code="suspicious_workbook",
            )
        if is_sheet:
            _note(facts, tags)
    if facts.last_column >= COLUMN_LIMIT:
        raise PacketRefused(
            f"A sheet has cells in {facts.last_column + 1} columns, {COLUMN_LIMIT} are the most. Upload only the columns that the messages need.",
            code="too_many_columns",
        )
    if facts.last_row * (facts.last_column + 1) > _GRID_LIMIT:
        raise PacketRefused(
            "A sheet of the workbook is too large. Save it as CSV and upload that.", code="workbook_too_large"
        )
    return facts


def _whole_tags(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The member in pieces that end where a tag ends. Raises BadZipFile when it is not what the directory says."""
    rest = b""
    with archive.open(member) as file:
        while chunk := file.read(_CHUNK):
            piece = rest + chunk
            end = piece.rfind(b">") + 1 or len(piece)
            yield piece[:end]
            rest = piece[end:]
    yield rest


def _note(facts: SheetFacts, tags: bytes) -> None:
    valued = max(tags.rfind(b"<v>"), tags.rfind(b"<is>"), tags.rfind(b"</v>"), tags.rfind(b"</is>"))
    if valued >= 0:
        row_tag = max(tags.rfind(b"<row ", 0, valued), tags.rfind(b":row ", 0, valued) - 8, 0)
        numbers = [int(match[1]) for match in _ROW.finditer(tags, row_tag, valued)]
        facts.last_row = max([facts.last_row, *numbers])
    for letters in set(_VALUED_COLUMN.findall(tags)):
        facts.last_column = max(facts.last_column, column_number(letters.decode()))
    if b't="e"' in tags:
        for letters, number in _ERROR_CELL.findall(tags):
            facts.error_cells.setdefault(int(number), set()).add(column_number(letters.decode()))
    if b"hidden=" in tags:
        facts.hidden_rows.update(int(number) for number in _HIDDEN_ROW.findall(tags))


def _sheet_members(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Sheet names in the workbook's order, each with its member."""
    links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8-sig")
    targets = {}
    for tag in _LINK_TAG.findall(links):
        link = dict(_ATTRIBUTE.findall(tag))
        target = link.get("Target", "")
        targets[link.get("Id")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    for tag in _SHEET_TAG.findall(archive.read("xl/workbook.xml").decode("utf-8-sig")):
        sheet = dict(_ATTRIBUTE.findall(tag))
        link_id = next((value for name, value in sheet.items() if name.endswith(":id")), None)
        yield html.unescape(sheet.get("name", "")), targets.get(link_id, "")
