"""The files for the benchmarks: 12 columns, every person different, nobody real."""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

HEADER = [
    "Patient No", "First name", "Last name", "Mobile phone", "E-mail", "Language", "Appointment date", "Time",
    "Doctor", "City", "Postcode", "Remark",
]  # fmt: skip
FIRST = ["Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Margaret", "Dennis", "Zoé", "José"]
LAST = ["Stone", "O'Neil", "Fielding", "McAllen", "Harper", "Wells", "Lefèvre", "Núñez"]
AREA_CODES = ["202", "212", "305", "312", "404", "415", "503", "617", "713", "206"]
REMARKS = ["", "first visit", "bring the last results", "parking behind the house, please ring twice"]


def write_file(path: Path, rows: int, today: date) -> None:
    """Write a CSV of `rows` appointments on the 20 days after `today`; the same arguments give the same bytes."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(appointments(rows, today))


def appointments(rows: int, today: date) -> Iterator[list[str]]:
    """The rows, one by one. Phone numbers are valid and distinct; messages only ever reach the sandbox."""
    for number in range(rows):
        area = AREA_CODES[number % 10]
        exchange, line = 200 + number // 10 % 780, number // 7_800 % 10_000
        yield [
            f"P-{number:07}",
            FIRST[number % 10],
            LAST[number // 10 % 8],
            f"({area}) {exchange}-{line:04}",
            f"patient{number}@example.com",
            "en",
            (today + timedelta(days=1 + number % 20)).isoformat(),
            f"{8 + number % 10:02}:{number % 4 * 15:02}",
            f"Dr. {LAST[number % 8]}",
            "Springfield",
            f"{10_000 + number % 90_000}",
            REMARKS[number % 4],
        ]
