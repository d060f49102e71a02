"""A packet that begins too late sends nothing blindly, and every message has an end (B9, D20)."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from pipelines import clock
from tests.builders import REMINDER
from tests.fixtures_sandbox import sandbox
from tests.sending import boat_for
from tests.steps.assembling import ANA, EMAIL, bench, make
from tests.steps.test_assemble_schedule import ANY, at, contact, details, planned

__all__ = ["bench", "make", "sandbox"]

TEXTS = [("sms", "en", None, "Hello"), EMAIL]
NOBODY = ANA | {"contact_at": None, "local_at": None}


@pytest.fixture
def lane(database, tmp_path, sandbox):
    """Run a lane for the packet of a bench at a moment. Returns what the states of its messages are, and how many the provider got."""

    def run(bench, now):
        boat = boat_for(database.engine("worker"), bench.business, tmp_path, sandbox.url)
        with clock.set_to(now):
            boat.run("dispatch", bench.packet, "sms lane 1")
        return boat.states(bench.packet), len(sandbox.journal())

    return run


def reasons(bench):
    return {
        row.error_code for row in bench.select("select error_code from message where packet_id = :packet")
    }


@pytest.mark.parametrize("window", [ANY, None])
def test_a_start_that_is_missed_by_the_lane_sends_nothing(make, lane, window):
    bench = make(details=details(window, start="2026-12-05T09:00", tolerance_minutes=60), texts=TEXTS)
    planned(bench, contact("2026-12-20T15:00"))
    assert lane(bench, at("2026-12-08T09:00")) == ({"expired": 1}, 0)
    assert reasons(bench) == {"missed_start"}


def test_a_start_within_its_tolerance_is_sent(make, lane):
    bench = make(details=details(None, start="2026-12-05T09:00", tolerance_minutes=60), texts=TEXTS)
    planned(bench, contact("2026-12-20T15:00"))
    states, sent = lane(bench, at("2026-12-05T09:59"))
    assert (states, sent) == ({"accepted": 1}, 1)


def test_lateness_is_counted_from_the_start_even_if_the_packet_came_after_it(make, lane):
    bench = make(details=details(None, start="2026-12-05T09:00", tolerance_minutes=60), texts=TEXTS)
    planned(bench, contact("2026-12-20T15:00"), now=at("2026-12-05T09:50"))
    assert lane(bench, at("2026-12-05T10:30")) == ({"expired": 1}, 0)


def test_a_packet_that_has_begun_goes_on_after_its_tolerance(make, lane):
    """A packet that is slow is not late."""
    bench = make(details=details(start="2026-12-05T09:00", tolerance_minutes=60), texts=TEXTS)
    other = {"phone": "+12125550199", "first_name": "Bob"}
    planned(bench, contact("2026-12-20T15:00"), contact("2026-12-20T15:00", **other))
    with bench.uow() as uow:
        later = "update message set not_before = :at where packet_id = :packet and row_no = 2"
        uow.execute(text(later), {"packet": bench.packet, "at": at("2026-12-05T09:30")})
        uow.commit()
    assert lane(bench, at("2026-12-05T09:10"))[1] == 1
    assert lane(bench, at("2026-12-06T09:00"))[1] == 2


def test_a_packet_that_was_to_go_at_once_is_not_sent_days_later(make, lane):
    bench = make(details=details(None), texts=TEXTS)
    planned(bench, contact("2027-01-20T15:00"), now=at("2026-12-01T10:00"))
    assert lane(bench, at("2026-12-11T10:00")) == ({"expired": 1}, 0)
    assert reasons(bench) == {"missed_start"}


def test_it_still_goes_after_a_weekend_without_credit(make, lane):
    bench = make(details=details(None), texts=TEXTS)
    planned(bench, contact("2027-01-20T15:00"), now=at("2026-12-04T08:30"))
    assert lane(bench, at("2026-12-07T10:00"))[1] == 1


def test_a_reminder_without_a_deadline_is_worthless_after_the_contact(make, lane):
    bench = make(details=details(), texts=TEXTS)
    [row] = planned(bench, contact("2026-12-02T09:00"), now=at("2026-12-01T21:30"))
    assert row.expires_at == at("2026-12-02T09:00")
    assert lane(bench, at("2026-12-03T10:00")) == ({"expired": 1}, 0)


NOW, YESTERDAY, AHEAD = at("2026-12-01T12:00"), contact("2026-11-30T12:00"), contact("2027-03-01T12:00")


@pytest.mark.parametrize(
    ("kind", "deadline", "row", "expires_at"),
    [
        ("appointment_reminder", None, NOBODY, NOW + timedelta(hours=72)),
        ("appointment_reminder", None, YESTERDAY, YESTERDAY["contact_at"]),
        ("appointment_reminder", None, AHEAD, AHEAD["contact_at"]),
        ("appointment_reminder", {"hours": 5}, AHEAD, NOW + timedelta(hours=5)),
        ("appointment_reminder", {"hours": 5, "minutes_before_contact": 0}, contact("2026-12-01T15:00"), NOW + timedelta(hours=3)),
        ("no_show", None, YESTERDAY, NOW + timedelta(hours=72)),
        ("no_show", {"minutes_before_contact": 0}, YESTERDAY, YESTERDAY["contact_at"]),
        ("announcement", None, NOBODY, NOW + timedelta(days=30)),
        ("auction", None, AHEAD, AHEAD["contact_at"]),
    ],
)  # fmt: skip
def test_when_a_message_expires(make, kind, deadline, row, expires_at):
    changed = REMINDER | {"type": kind, "fields": {"required": ["first_name"]}}
    del changed["deadline"]
    bench = make(details=changed | ({"deadline": deadline} if deadline else {}), texts=TEXTS)
    [message] = planned(bench, row, now=NOW)
    assert expires_at <= message.expires_at < expires_at + timedelta(minutes=5)  # the clock goes on
    assert message.state == ("expired" if expires_at <= NOW else "ready")


TODAY = {"contact_at": at("2026-12-01T00:00"), "local_at": "2026-12-01"}  # no time of day


@pytest.mark.parametrize("kind", ["no_show", "lab", "immunization", "reschedule", "announcement"])
def test_a_contact_of_today_without_a_time_may_be_over(make, kind):
    """The list of those who did not come today is uploaded in the evening, and goes out tomorrow."""
    changed = REMINDER | {
        "type": kind,
        "fields": {"required": ["first_name"]},
        "window": {"hours": "09:00-20:00"},
    }
    del changed["deadline"]
    [message] = planned(make(details=changed, texts=TEXTS), ANA | TODAY, now=at("2026-12-01T21:10"))
    assert (message.state, message.expires_at > at("2026-12-03T12:00")) == ("ready", True)


def test_the_life_of_a_message_begins_when_it_may_go_out(make):
    [row] = planned(make(details=details(None), texts=TEXTS), NOBODY, now=at("2026-12-01T23:00"))
    assert row.expires_at == at("2026-12-02T08:00") + timedelta(hours=72)
    [row] = planned(make(details=details(start="2026-12-05T09:00"), texts=TEXTS), NOBODY)
    assert row.expires_at == at("2026-12-08T09:00")


def test_no_message_lives_for_ever(make):
    bench = make(details=details(), texts=TEXTS)
    planned(bench, NOBODY)
    with bench.uow() as uow, pytest.raises(IntegrityError, match="message_expires_at_check"):
        uow.execute(text("update message set expires_at = 'infinity' where packet_id = :packet"), {"packet": bench.packet})  # fmt: skip


def test_the_provider_learns_how_long_a_message_is_worth_sending(make, lane, sandbox):
    bench = make(details=details(), texts=TEXTS)
    planned(bench, contact("2026-12-01T14:00"), now=NOW)
    lane(bench, at("2026-12-01T12:30"))
    [message] = sandbox.journal()
    assert 80 * 60 < message.content["validity"] <= 90 * 60
