"""The demo's packet: 1,000 appointments in three languages, with the errors that real files have.

It can reach nobody: the phone numbers are reserved for fiction in North America (555-0100 to 555-0199 in each area; the French
speakers live in Montréal), and mail goes to the reserved domain example.com (RFC 2606).
"""

import csv
import io
import random
from datetime import date, timedelta

ROWS = 1_000
HEADER = [
    "Patient No",
    "First name",
    "Last name",
    "Mobile phone",
    "E-mail",
    "Language",
    "Appointment date",
    "Time",
    "Doctor",
]
AREA_CODES = ["202", "212", "305", "312", "404", "415", "503", "617", "713", "206"]
NAMES = {
    "en": (
        ["Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Margaret", "Dennis"],
        ["Stone", "O'Neil", "Fielding", "McAllen", "Harper", "Wells"],
    ),
    "es": (
        ["Lucía", "Mateo", "Sofía", "Martín", "Camila", "Joaquín"],
        ["Núñez", "García", "Ibáñez", "Peña", "Ortega"],
    ),
    "fr": (
        ["Zoé", "Noël", "Élodie", "François", "Chloé", "Jérôme"],
        ["Lefèvre", "Garçon", "Dupré", "L'Hôte", "Béranger"],
    ),
}
DOCTORS = ["Dr. Abel", "Dr. Brandt", "Dr. Chen"]
OPTED_OUT_PHONES = ["+12025550100", "+12025550101", "+12025550102"]


def sample_packet(today: date) -> bytes:
    """The file as a clinic would export it: UTF-8, commas, appointments on the three days after `today`. Same day, same bytes."""
    dice = random.Random(f"packetboat {today}")  # noqa: S311 - a sample, not a secret
    rows = [_person(number, today, dice) for number in range(ROWS)]
    _spoil(rows)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for row in rows:
        writer.writerow(row)
    return out.getvalue().encode()


def _person(number: int, today: date, dice: random.Random) -> list[str]:
    language = "fr" if number % 20 in {7, 14} else "es" if number % 4 == 1 else "en"
    first, last = (dice.choice(names) for names in NAMES[language])
    phone = _french(number // 20 * 2 + (number % 20 == 14)) if language == "fr" else _american(number, dice)
    day = today + timedelta(days=dice.randint(1, 3))
    clock = f"{dice.randint(8, 17):02}:{dice.choice(['00', '15', '30', '45'])}"
    if number % 7 == 3:
        phone = ""  # reached by e-mail
    mail = f"patient{number + 1}@example.com" if number % 7 == 3 or number % 3 else ""
    return [
        f"P-{number + 1:05}",
        first,
        last,
        phone,
        mail,
        language,
        day.isoformat(),
        clock,
        dice.choice(DOCTORS),
    ]


def _american(number: int, dice: random.Random) -> str:
    area, line = AREA_CODES[number // 100], f"01{number % 100:02}"
    return dice.choice(
        [f"({area}) 555-{line}", f"{area}-555-{line}", f"+1 {area} 555 {line}", f"{area}555{line}"]
    )


def _french(number: int) -> str:
    return f"514-555-01{number:02}"


def _spoil(rows: list[list[str]]) -> None:
    """Add the errors of real files, at fixed places so that the demo's result is predictable."""
    phone, mail, name, day, clock = 3, 4, 1, 6, 7
    for number in range(40, 52):  # not a phone number; some have an e-mail address to fall back on
        rows[number][phone] = ["12345", "ask at desk", "6.12E+08", "000-000-0000"][number % 4]
    for number in range(60, 66):
        rows[number][phone] = rows[number][mail] = ""  # cannot be reached
    for number in range(80, 90):
        rows[number] = list(rows[number - 10])  # the same appointment twice
    for number, value in zip(
        range(100, 106), ["2026-02-30", "soon", "", "31/31/2026", "0000-00-00", "n/a"], strict=True
    ):
        rows[number][day] = value
    rows[110][clock] = "25:61"
    rows[120][name] = rows[120][name].upper()
    rows[121][name] = f"  {rows[121][name]}  "
    rows[122][mail], rows[122][phone] = "not an address", ""
    rows[130].append("one cell too many")
    rows[131] = rows[131][:5]
