"""A forecast goes on in the coming hours of the packet: its days, its weekdays, its zones."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from pipelines import clock
from pipelines.actions.sending.forecasts import keep_forecast
from tests.fixtures_sandbox import sandbox
from tests.sending import boat_for
from tests.steps.assembling import EMAIL, SMS, ZONE, make
from tests.steps.limiting import limit
from tests.steps.test_assemble_schedule import at, contact, details

__all__ = ["make", "sandbox"]

LOS_ANGELES = "America/Los_Angeles"
NINE_TO_EIGHT = {"hours": "09:00-20:00"}
WEEKDAYS = NINE_TO_EIGHT | {"weekdays": ["mon", "tue", "wed", "thu", "fri"]}


@pytest.fixture
def foresee(make, database, sandbox, tmp_path):
    """When a packet of `count` messages is out, by the clock in New York, and how many are late, at a message each ten minutes."""

    def forecast(now, count, window=None, deadline=None, **people):
        bench = make(details=details(window=window, deadline=deadline), texts=[SMS, EMAIL])
        bench.rows(
            *[contact("2027-06-20T15:00", phone=f"+1212555{100 + n:04d}", **people) for n in range(count)]
        )
        boat = boat_for(bench.engine, bench.business, tmp_path, sandbox.url)
        limit(boat, "client", per_second=1 / 600)
        with clock.set_to(at(now)):
            bench.run()
            found = keep_forecast(bench.engine, bench.packet)
        return (at(now) + timedelta(seconds=found.seconds)).astimezone(ZoneInfo(ZONE)), found.late

    return forecast


@pytest.mark.parametrize(
    ("now", "count", "window", "end"),
    [
        # Half an hour today, then from 08:00 to 20:59.
        ("2026-12-01T20:30", 30, None, "2026-12-02T12:31"),
        ("2026-12-01T19:30", 60, NINE_TO_EIGHT, "2026-12-02T18:31"),
        ("2026-12-01T22:00", 6, NINE_TO_EIGHT, "2026-12-02T10:00"),
        # Sixty-six fit into a day.
        ("2026-12-04T08:00", 70, WEEKDAYS, "2026-12-07T09:41"),
        # The clocks go forward on the 14th of March.
        ("2027-03-13T19:30", 60, NINE_TO_EIGHT, "2027-03-14T18:31"),
    ],
)
def test_what_does_not_fit_into_today_goes_in_the_next_whole_span(foresee, now, count, window, end):
    found, late = foresee(now, count, window)
    assert abs(found - at(end)) <= timedelta(minutes=2)
    assert late == 0


def test_people_elsewhere_have_other_hours(foresee):
    found, _ = foresee("2026-12-01T19:30", 20, NINE_TO_EIGHT, person_zone=LOS_ANGELES)
    assert abs(found - at("2026-12-01T22:50")) <= timedelta(minutes=2)


def test_what_does_not_fit_into_any_span_will_be_late(foresee):
    """For ninety days after the start, three messages each morning."""
    found, late = foresee("2026-12-01T12:00", 300, {"hours": "09:00-09:30", "reason": "a test"})
    assert abs(found - at("2027-03-01T09:29")) <= timedelta(minutes=2)
    assert 300 - late == pytest.approx(90 * 2.9, abs=1)
