"""Malicious workbooks, which anybody could send: the process that accepts them stays small, and the submitter gets a sentence."""

import os
import random
import struct
import threading
import time
import zipfile
from contextlib import contextmanager

import psutil
import pytest

from pipelines.actions.packets.accept_packet import Submission, SubmissionRefused, accept_packet
from pipelines.settings import Settings
from tests.reading import workbooks
from tests.reading.workbooks import cell, row, text_rows

MIB = 2**20
PEOPLE = text_rows([["first_name", "phone", "contact_date"], ["Ann", "+12025550100", "2030-05-01"]])
TO_SHOW = "xl/sharedStrings.xml"


@pytest.fixture
def send(database, business, tmp_path):
    """Send a file; gives the code of its refusal, None when it is accepted."""

    def send(path):
        submission = Submission(
            business.client_id, business.campaign_id, path.name, "portal", "ann", again=True
        )
        settings = Settings(_env_file=None, home=tmp_path / "home")
        with path.open("rb") as stream:
            try:
                accept_packet(database.engine("app"), settings, submission, stream)
            except SubmissionRefused as refused:
                return refused.code
        return None

    return send


@contextmanager
def growth_of_this_process():
    """Watches the resident memory while the block runs; the list then holds the most that it grew by."""
    process, grown, done = psutil.Process(), [0], threading.Event()
    before = process.memory_info().rss

    def watch():
        while not done.wait(0.005):
            grown[0] = max(grown[0], process.memory_info().rss - before)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield grown
    finally:
        done.set()
        watching.join()


def shared(*texts):
    return {TO_SHOW: b"<sst>" + b"".join(b"<si><t>%s</t></si>" % text for text in texts) + b"</sst>"}


def one_string_in_every_cell(path, cells=18_000):
    """One text of 64 KiB that every row shows: a kilobyte in the file, a gigabyte in memory."""
    rows = '<row><c t="s"><v>0</v></c></row>' * cells
    return workbooks.write(path, {"S": PEOPLE + rows}, extra=shared(b"x" * 64 * 1024))


def just_less_text_than_allowed(path):
    return one_string_in_every_cell(path, cells=3_000)


def one_cell_far_away(path):
    return workbooks.write(path, {"S": PEOPLE + row(1_048_576, cell("R1048576", "x"))})


def a_cell_that_is_not_where_its_row_is(path):
    return workbooks.write(path, {"S": PEOPLE + row(3, cell("SR1048576", "x"))})


def thousands_of_sheets(path):
    """Each a rectangle of 600 MB, and the reader looks at one after another."""
    far = PEOPLE + row(1_048_576, cell("R1048576", "x"))
    return workbooks.write(path, {f"S{number}": far for number in range(1_900)})


def more_sheets_than_people_make(path):
    """Each is looked through to see whether anything is in it."""
    return workbooks.write(path, {f"S{number}": PEOPLE for number in range(60)})


def cells_as_large_as_can_be_in_one_row(path):
    heads = "".join(f'<c t="inlineStr"><is><t>h{number}</t></is></c>' for number in range(500))
    wide = '<c t="s"><v>0</v></c>' * 500
    rows = f"<row>{heads}</row>" + f"<row>{wide}</row>" * 8
    return workbooks.write(path, {"S": rows}, extra=shared(b"x" * 32_000))


def millions_of_strings(path):
    """Empty ones, which add up to no text; random bytes beside them make the file look less dense than it is."""
    ballast = random.Random(1).randbytes(MIB)
    strings = b"<sst>" + b"<si/>" * (8 * MIB) + b"</sst>"
    return workbooks.write(path, {"S": PEOPLE}, extra={TO_SHOW: strings, "xl/media/a.png": ballast})


def a_directory_without_end(path):
    """Each entry 47 bytes in the file, and half a kilobyte as Python keeps it."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x", b"")
    content = path.read_bytes()
    start = content.index(b"PK\1\2")
    entry = content[start : content.index(b"PK\5\6")]
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFE, 0xFFFE, MIB // 4 * len(entry), start, 0)
    path.write_bytes(content[:start] + entry * (MIB // 4) + end)
    return path


def a_sheet_with_an_endless_name(path):
    return workbooks.write(path, {"n" * 5 * MIB: PEOPLE})


def a_part_with_a_damaged_middle(path):
    workbooks.write(path, {"S": PEOPLE + row(3, cell("A3", os.urandom(3_000).hex()))})
    content = bytearray(path.read_bytes())
    place = content.find(b"xl/worksheets/sheet1.xml") + 300
    content[place : place + 200] = b"\xff" * 200
    path.write_bytes(content)
    return path


def test_a_small_file_that_unfolds_to_a_gigabyte(send, tmp_path):
    path = one_string_in_every_cell(tmp_path / "bomb.xlsx")
    assert path.stat().st_size < 39_000
    began = time.monotonic()
    with growth_of_this_process() as grown:
        assert [send(path) for _again in range(3)] == ["workbook_text_too_large"] * 3
    assert grown[0] < 50 * MIB
    assert time.monotonic() - began < 30  # each took seconds and 1.5 GB when it was read
    assert psutil.Process().children() == []


@pytest.mark.parametrize(
    ("shape", "codes"),
    [
        (just_less_text_than_allowed, {None}),
        (one_cell_far_away, {None}),
        (a_cell_that_is_not_where_its_row_is, {"workbook_out_of_memory"}),
        (thousands_of_sheets, {"too_many_sheets", "workbook_too_large"}),
        (more_sheets_than_people_make, {"too_many_sheets"}),
        (cells_as_large_as_can_be_in_one_row, {"missing_column"}),
        (millions_of_strings, {None, "workbook_too_large"}),
        (a_directory_without_end, {"compressed_file", "workbook_too_large"}),
        (a_sheet_with_an_endless_name, {None}),
        (a_part_with_a_damaged_middle, {"damaged_workbook"}),
    ],
)
def test_other_shapes_leave_the_process_small(send, tmp_path, shape, codes):
    path = shape(tmp_path / "shape.xlsx")
    with growth_of_this_process() as grown:
        assert send(path) in codes
    assert grown[0] < 50 * MIB
    assert psutil.Process().children() == []


def test_many_at_once_are_read_a_few_at_a_time(send, tmp_path):
    path = just_less_text_than_allowed(tmp_path / "x.xlsx")
    most, codes = 0, []
    threads = [threading.Thread(target=lambda: codes.append(send(path))) for _sender in range(6)]
    with growth_of_this_process() as grown:
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            most = max(most, len(psutil.Process().children()))
            time.sleep(0.005)
    assert codes == [None] * 6
    assert most <= 2
    assert grown[0] < 50 * MIB


def test_an_ordinary_workbook_is_still_taken_in(send, tmp_path):
    assert send(workbooks.write(tmp_path / "x.xlsx", {"S": PEOPLE})) is None
