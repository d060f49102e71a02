"""The demo's packet is the same every time, and reaches no real person."""

import csv
import io
import re
from datetime import date

from pipelines.cli.sample import HEADER, ROWS, sample_packet

TODAY = date(2026, 11, 21)


def rows():
    return list(csv.reader(io.StringIO(sample_packet(TODAY).decode())))


def test_it_has_a_thousand_rows_and_is_the_same_every_time():
    assert len(rows()) == ROWS + 1
    assert rows()[0] == HEADER
    assert sample_packet(TODAY) == sample_packet(TODAY)


def test_three_languages():
    assert {row[5] for row in rows()[1:] if len(row) == len(HEADER)} == {"en", "es", "fr"}


def test_phones_and_addresses_are_reserved_for_fiction():
    for row in rows()[1:]:
        digits = re.sub(r"\D", "", row[3])
        if len(digits) >= 10 and "E" not in row[3] and set(digits) != {"0"}:
            assert re.search(r"55501\d\d$", digits), digits
        if len(row) > 4 and "@" in row[4]:
            assert row[4].endswith("@example.com")


def test_appointments_lie_ahead():
    days = [
        row[6] for row in rows()[1:] if len(row) == len(HEADER) and re.fullmatch(r"2026-1[12]-\d\d", row[6])
    ]
    assert len(days) > 980
    assert min(days) == "2026-11-22"
    assert max(days) == "2026-11-24"
