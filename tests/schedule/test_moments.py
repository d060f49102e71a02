"""Local times as moments, in Python and in SQL: every hour around every clock change, and every day of four years."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from pipelines.schedule.moments import moment_of
from pipelines.store.unit_of_work import UnitOfWork
from tests.schedule.test_windows import ZONES

IN_SQL = text("""
select local_time, local_moment(local_time, :zone) as moment
from generate_series(cast(:first as timestamp), cast(:last as timestamp), cast(:every as interval)) as local_time
""")


@pytest.mark.parametrize(
    ("zone", "local", "moment"),
    [
        ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:30"),  # skipped: 03:30 EDT
        ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30"),  # twice: the first, EDT
        ("America/New_York", "2026-11-01T03:00", "2026-11-01T08:00"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45"),  # half an hour is skipped: 02:45
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45"),  # twice
        ("Europe/London", "2028-02-29T09:00", "2028-02-29T09:00"),
        ("Asia/Kathmandu", "2026-12-31T23:59", "2026-12-31T18:14"),
    ],
)
def test_a_local_time_is_the_first_or_the_next_moment(zone, local, moment):
    assert moment_of(datetime.fromisoformat(local), zone) == datetime.fromisoformat(moment).replace(
        tzinfo=UTC
    )


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("first", "last", "every"),
    [("2025-01-01 09:30", "2028-12-31 09:30", "1 day"), ("2026-01-01", "2028-01-01", "15 minutes")],
)
def test_sql_and_python_agree(database, zone, first, last, every):
    with UnitOfWork(database.engine("worker"), every_client=True) as uow:
        rows = uow.all(IN_SQL, {"zone": zone, "first": first, "last": last, "every": every})
    assert len(rows) > 1_000
    different = [row.local_time for row in rows if row.moment != moment_of(row.local_time, zone)]
    assert different == []
