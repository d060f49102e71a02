"""The steps of a schedule for a contact on every day of four years, with a leap day and eight clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from pipelines import clock
from tests.steps.assembling import ANA, EMAIL, make
from tests.steps.test_assemble_schedule import DAY_AFTER, NOON, THREE_DAYS, details

__all__ = ["make"]

FIRST, DAYS = datetime.combine(date(2027, 1, 1), time()), 4 * 365 + 1
STEPS = [
    THREE_DAYS,
    {"name": "a week", "before": {"days": 7}},
    {"name": "a day", "before": {"hours": 24}},
    {"name": "the same day", "before": {"days": 0}, "at": "02:30"},
    DAY_AFTER,
    {"name": "a month and a bit later", "after": {"days": 31, "hours": 5}},
]


def moment(local, zone):
    """In UTC. A local time that occurs twice is the first; one that is skipped becomes as much later (PEP 495)."""
    return local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def wanted(local, zone):
    """When the steps are due, computed by Python's calendar and zones."""
    day = datetime.combine(local, time())
    return [
        moment(day - timedelta(days=3) + timedelta(hours=10), zone),
        moment(local - timedelta(days=7), zone),
        moment(local, zone) - timedelta(hours=24),
        moment(day + timedelta(hours=2, minutes=30), zone),
        moment(day + timedelta(days=1, hours=9, minutes=30), zone),
        moment(local + timedelta(days=31), zone) + timedelta(hours=5),
    ]


@pytest.mark.parametrize(
    "zone", ["America/New_York", "Europe/Paris", "Australia/Lord_Howe", "Asia/Ho_Chi_Minh"]
)
def test_every_step_of_every_day(make, zone):
    contacts = [
        FIRST + timedelta(days=day, hours=hour, minutes=30) for day in range(DAYS) for hour in (1, 2, 15)
    ]
    bench = make(details=details(steps=STEPS), texts=[("sms", "en", None, "Hello"), EMAIL])
    bench.rows(
        *(
            ANA
            | {"contact_at": moment(local, zone), "local_at": f"{local:%Y-%m-%d %H:%M}", "time_zone": zone}
            for local in contacts
        )
    )
    with clock.set_to(NOON):
        bench.run()
    found = {
        (row.row_no, row.step_no): row.not_before
        for row in bench.select("select row_no, step_no, not_before from message where packet_id = :packet")
    }
    assert len(found) == len(contacts) * len(STEPS)
    expected = {
        (row_no, step_no): due
        for row_no, local in enumerate(contacts, 1)
        for step_no, due in enumerate(wanted(local, zone), 1)
    }
    assert {key: due for key, due in expected.items() if found[key] != due} == {}
    assert any(local.month == 2 and local.day == 29 for local in contacts)
