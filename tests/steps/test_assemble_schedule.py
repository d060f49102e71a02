"""When messages go out: steps relative to the contact, hours in the zone of the person, tolerance, and steps that are not needed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from pipelines import clock
from pipelines.reports.unknown import MissedPage
from pipelines.steps import ready_by_channel
from tests.builders import REMINDER
from tests.steps.assembling import ANA, EMAIL, SMS, ZONE, bench, local, make

__all__ = ["bench", "make"]

ANY = {"hours": "any", "reason": "a test"}
NOON = datetime(2026, 12, 1, 17, 0, tzinfo=UTC)  # a Tuesday, 12:00 in New York, 09:00 in Los Angeles
THREE_DAYS = {"name": "three days before", "before": {"days": 3}, "at": "10:00"}
TWO_HOURS = {"name": "two hours before", "before": {"hours": 2}}
DAY_AFTER = {"name": "the day after", "after": {"days": 1}, "at": "09:30"}
FACTS = (
    "select row_no, step_no, state, error_code, nullif(not_before, '-infinity') as not_before, nullif(closes_at, 'infinity') as closes_at,"
    " expires_at from message where packet_id = :packet order by row_no, step_no"
)


def details(window=ANY, deadline=None, **schedule):
    changed = REMINDER | {"window": window, "schedule": schedule}
    if window is None:
        del changed["window"]
    del changed["deadline"]
    return changed | ({"deadline": {"minutes_before_contact": deadline}} if deadline is not None else {})


def at(text, zone=ZONE):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def contact(text, **more):
    moment = at(text)
    return ANA | {"contact_at": moment, "local_at": local(moment)} | more


def planned(bench, *rows, now=NOON):
    bench.rows(*rows)
    with clock.set_to(now):
        bench.run()
    return bench.select(FACTS)


def test_each_step_has_a_message_with_an_id_of_its_own(make):
    bench = make(details=details(steps=[THREE_DAYS, TWO_HOURS, DAY_AFTER]), texts=[SMS, EMAIL])
    rows = planned(bench, contact("2026-12-10T15:00"))
    assert [row.not_before for row in rows] == [
        at("2026-12-07T10:00"),
        at("2026-12-10T13:00"),
        at("2026-12-11T09:30"),
    ]
    assert [(row.step_no, row.state) for row in rows] == [(1, "ready"), (2, "ready"), (3, "ready")]
    ids = {row.id for row in bench.messages()}
    with clock.set_to(NOON):
        again = bench.run()
    assert len(ids) == 3
    assert {row.id for row in bench.messages()} == ids
    assert (again.rows_in, again.rows_out, again.rows_held) == (1, 3, 0)


def test_a_step_before_the_contact_is_worthless_after_it_and_one_after_it_has_its_tolerance(make):
    steps = [THREE_DAYS | {"tolerance_minutes": 30}, TWO_HOURS | {"tolerance_minutes": 600}, DAY_AFTER]
    rows = planned(make(details=details(steps=steps)), contact("2026-12-10T15:00"))
    assert [row.expires_at for row in rows] == [
        at("2026-12-07T10:30"),
        at("2026-12-10T15:00"),
        at("2026-12-11T21:30"),
    ]


def test_days_are_counted_on_the_calendar_and_hours_in_time_passed(make):
    """The clocks of New York go forward on 14 March 2027 at 02:00, and back on 1 November 2026."""
    steps = [{"name": "a day", "before": {"days": 1}}, {"name": "24 hours", "before": {"hours": 24}}]
    rows = planned(make(details=details(steps=steps)), contact("2027-03-14T10:00"))
    assert [row.not_before for row in rows] == [at("2027-03-13T10:00"), at("2027-03-13T09:00")]


@pytest.mark.parametrize(
    ("day", "before"),
    [("2028-03-01", "2028-02-29"), ("2027-03-01", "2027-02-28"), ("2027-01-01", "2026-12-31")],
)
def test_the_day_before_is_the_one_of_the_calendar(make, day, before):
    steps = [{"name": "a day", "before": {"days": 1}, "at": "10:00"}]
    [row] = planned(make(details=details(steps=steps)), contact(f"{day}T15:00"))
    assert row.not_before == at(f"{before}T10:00")


def test_a_row_without_a_contact_is_held_when_the_steps_need_one(make):
    bench = make(details=details(steps=[THREE_DAYS, TWO_HOURS]), texts=[("sms", "en", None, "Hello"), EMAIL])
    assert (
        planned(bench, ANA | {"contact_at": None, "local_at": None}, contact("2026-12-10T15:00"))[0].row_no
        == 2
    )
    assert [(row.row_no, row.code) for row in bench.held()] == [(1, "missing_value")]


def test_a_packet_that_comes_late_does_not_send_the_steps_that_it_missed(make):
    bench = make(details=details(steps=[THREE_DAYS, TWO_HOURS]))
    late, tolerated = contact("2026-12-03T15:00"), contact("2026-12-04T15:00")
    rows = planned(bench, late, tolerated)
    assert [(row.state, row.error_code) for row in rows] == [
        ("expired", "missed_start"), ("ready", None), ("ready", None), ("ready", None),
    ]  # fmt: skip
    assert rows[2].not_before <= NOON + timedelta(minutes=1)  # at 10:00, two hours ago: at once


def test_nobody_is_reminded_of_what_was_booked_shortly_before(make):
    bench = make(details=details(steps=[THREE_DAYS, TWO_HOURS], not_if_booked_within_hours=24))
    with bench.uow() as uow:
        uow.execute(
            text("update data_packet set received_at = :at where id = :packet"),
            {"at": NOON, "packet": bench.packet},
        )
        uow.commit()
    rows = planned(
        bench, contact("2026-12-01T20:00"), contact("2026-12-04T15:00"), now=NOON + timedelta(minutes=5)
    )
    assert [(row.row_no, row.step_no, row.state, row.error_code) for row in rows] == [
        (1, 1, "cancelled", "booked_recently"), (1, 2, "cancelled", "booked_recently"),
        (2, 1, "cancelled", "booked_recently"), (2, 2, "ready", None),
    ]  # fmt: skip


def test_one_reminder_for_several_appointments_of_a_day(make):
    bench = make(details=details(steps=[TWO_HOURS], one_per_person_and_day=True))
    rows = planned(
        bench,
        contact("2026-12-10T15:00"),
        contact("2026-12-10T11:00"),
        contact("2026-12-11T11:00"),
        contact("2026-12-10T11:00", first_name="Bob"),
        contact("2026-12-01T16:00"),
        contact("2026-12-01T11:30"),
        contact("2026-12-10T17:00", first_name="BOB"),
    )
    assert [(row.row_no, row.state, row.error_code) for row in rows] == [
        (1, "cancelled", "one_per_day"), (2, "ready", None), (3, "ready", None), (4, "ready", None),
        # Too late for the first appointment of the day: the second one carries the message.
        (5, "ready", None), (6, "expired", None),
        (7, "cancelled", "one_per_day"),
    ]  # fmt: skip


def test_one_reminder_whichever_channel_it_takes(make):
    """A row without a phone number goes by e-mail: the same person, by the address of the other row."""
    bench = make(details=details(steps=[TWO_HOURS], one_per_person_and_day=True), texts=[SMS, EMAIL])
    rows = planned(
        bench,
        contact("2026-12-10T11:00"),
        contact("2026-12-10T15:00", phone=None),
        contact("2026-12-10T16:00", email=None),
        contact("2026-12-10T17:00", phone=None, first_name="Bob"),
        contact("2026-12-10T18:00", email=None, phone="+12125550199", first_name="Bob"),
    )
    assert [(row.row_no, row.state, row.error_code) for row in rows] == [
        (1, "ready", None), (2, "cancelled", "one_per_day"), (3, "cancelled", "one_per_day"),
        (4, "ready", None), (5, "ready", None),  # no address in common
    ]  # fmt: skip


def test_who_misses_the_one_reminder_is_listed_once(make):
    """The other appointments stay cancelled: the person is called about all of them."""
    bench = make(details=details(steps=[TWO_HOURS], one_per_person_and_day=True))
    planned(bench, contact("2026-12-10T15:00"), contact("2026-12-10T11:00"))
    with bench.uow() as uow:
        late = "update message set state = 'expired' where packet_id = :packet and state = 'ready'"
        uow.execute(text(late), {"packet": bench.packet})
        uow.commit()
    bench.run("settle")
    with bench.uow() as uow:
        [listed] = MissedPage.read(uow, bench.packet).late
    assert listed.rows == 1


def test_who_misses_a_later_step_is_listed_although_an_earlier_one_arrived(make):
    bench = make(details=details(steps=[THREE_DAYS, TWO_HOURS]))
    planned(bench, contact("2026-12-10T15:00"), contact("2026-12-10T15:00", phone="+12125550199"))
    state = (
        "update message set state = :state where packet_id = :packet and row_no <= :rows and step_no = :step"
    )
    with bench.uow() as uow:
        for step, value, rows in ((1, "delivered", 2), (2, "delivered", 2), (2, "expired", 1)):
            uow.execute(text(state), {"packet": bench.packet, "step": step, "state": value, "rows": rows})
        uow.commit()
    bench.run("settle")
    with bench.uow() as uow:
        [listed] = MissedPage.read(uow, bench.packet).late
    assert listed.rows == 1
    [total] = bench.select("select sent, expired from packet_total where packet_id = :packet")
    assert (total.sent, total.expired) == (2, 0)


def test_a_campaign_without_a_window_keeps_quiet_hours(make):
    night = at("2026-12-01T23:00")
    [row] = planned(make(details=details(window=None)), contact("2026-12-10T15:00"), now=night)
    assert row.not_before == at("2026-12-02T08:00")
    assert row.closes_at == at("2026-12-02T20:59")


@pytest.mark.parametrize(
    ("row", "opens"),
    [
        ({}, at("2026-12-02T09:00")),  # the area code of New York
        ({"phone": "+13105550123"}, None),  # it is 19:30 in Los Angeles
        ({"phone": "+12085550123"}, at("2026-12-02T09:00", "America/Los_Angeles")),  # Idaho has two zones
        ({"phone": "+33612345678"}, at("2026-12-02T09:00", "Europe/Paris")),
        ({"phone": "+33612345678", "person_zone": "Asia/Kathmandu"}, None),  # 09:15
        ({"phone": None}, at("2026-12-02T09:00")),
    ],
)
def test_hours_are_those_of_the_row_the_number_or_the_client(make, row, opens):
    night = at("2026-12-01T22:30")
    [found] = planned(
        make(details=details({"hours": "09:00-20:00"})), contact("2026-12-10T15:00", **row), now=night
    )
    if opens is None:
        assert night <= found.not_before < night + timedelta(minutes=1)
    else:
        assert found.not_before == opens


def test_weekends_and_holidays_move_a_step_and_do_not_count_as_late(make):
    window = {"hours": "08:00-20:00", "weekdays": ["mon", "tue", "wed", "thu", "fri"], "holidays": "skip"}
    bench = make(details=details(window, steps=[THREE_DAYS | {"tolerance_minutes": 60}]))
    rows = planned(bench, contact("2026-12-28T15:00"), contact("2026-12-15T15:00"))
    assert [(row.state, row.not_before) for row in rows] == [
        ("ready", at("2026-12-28T08:00")),  # Friday is Christmas
        ("ready", at("2026-12-14T08:00")),  # Saturday
    ]


@pytest.mark.parametrize(
    ("number", "country", "own", "day"),
    [
        ("+33612345678", "FR", None, "2027-07-15"),  # Bastille Day
        ("+12125550123", "US", None, "2027-07-14"),
        (None, None, None, "2027-07-14"),
        ("+33612345678", "FR", "US", "2027-07-14"),
    ],
)
def test_holidays_are_those_of_the_persons_country(make, number, country, own, day):
    window = {"hours": "08:00-20:00", "holidays": "skip"} | ({"country": own} if own else {})
    steps = [{"name": "a day before", "before": {"days": 1}, "at": "10:00"}]
    bench = make(details=details(window, steps=steps))
    with bench.uow() as uow:
        uow.execute(
            text("insert into client_country (client_id, country) values (:client, '*')"),
            {"client": bench.business.client_id},
        )
        uow.commit()
    row = contact("2027-07-15T15:00", phone=number, phone_country=country)
    [message] = planned(bench, row, now=at("2027-07-01T12:00"))
    assert message.not_before.date().isoformat() == day


def test_hours_that_begin_after_the_deadline_expire_the_message(make):
    window = {"hours": "09:00-20:00"}
    [row] = planned(
        make(details=details(window, deadline=0)), contact("2026-12-02T08:30"), now=at("2026-12-01T21:00")
    )
    assert (row.state, row.error_code) == ("expired", "no_window")


def test_a_start_is_on_the_clock_of_the_client_and_no_slot_is_used_before(make):
    bench = make(details=details(start="2026-12-05T09:00"))
    rows = planned(bench, contact("2026-12-10T15:00"))
    assert [(row.state, row.not_before) for row in rows] == [("ready", at("2026-12-05T09:00"))]
    assert ready_by_channel(bench.engine, bench.packet) == {"sms": 1}


def test_a_start_that_is_missed_by_more_than_its_tolerance_sends_nothing(make):
    bench = make(details=details(start="2026-12-01T09:00", tolerance_minutes=60))
    [row] = planned(bench, contact("2026-12-10T15:00"))
    assert (row.state, row.error_code) == ("expired", "missed_start")


@given(
    hour=st.integers(0, 10), length=st.integers(1, 13), days=st.integers(0, 5), minute=st.integers(0, 1439),
    ahead=st.integers(-2, 20), phone=st.sampled_from(["+12125550123", "+13105550123", "+33612345678", "+84912345678"]),
)  # fmt: skip
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_never_outside_the_hours_never_too_early_never_after_the_deadline(
    make, hour, length, days, minute, ahead, phone
):
    window = {"hours": f"{hour:02}:00-{hour + length:02}:00", "reason": "a test"}
    step = {"name": "reminder", "before": {"days": days}, "at": f"{minute // 60:02}:{minute % 60:02}"}
    moment = at("2026-12-10T15:00") + timedelta(days=ahead)
    bench = make(details=details(window, steps=[step]))
    [row] = planned(
        bench,
        ANA | {"contact_at": moment, "local_at": local(moment), "phone": phone},
        now=at("2026-12-08T12:00"),
    )
    if row.state == "expired":
        return
    zone = {"+12": ZONE, "+13": "America/Los_Angeles", "+33": "Europe/Paris", "+84": "Asia/Ho_Chi_Minh"}[
        phone[:3]
    ]
    clock_there = row.not_before.astimezone(ZoneInfo(zone))
    assert hour <= clock_there.hour < hour + length
    day = moment.astimezone(ZoneInfo(ZONE)).date() - timedelta(days=days)
    assert row.not_before >= at(f"{day}T{step['at']}")
    assert row.not_before < row.expires_at <= moment
    assert row.not_before < row.closes_at


def test_a_moment_that_no_known_hours_reach_costs_its_own_row_alone(make):
    """A contact in 2062 is a mistake of typing, and must not stop the packet."""
    bench = make(details=details(None, steps=[DAY_AFTER]), texts=[("sms", "en", None, "Hello"), EMAIL])
    near, far = planned(bench, contact("2026-12-10T15:00"), contact("2062-12-10T15:00", phone="+12125550199"))
    assert (near.state, near.error_code) == ("ready", None)
    assert (far.state, far.error_code) == ("expired", "no_window")


@pytest.mark.parametrize("name", [None, "Ana"])
def test_a_mailbox_that_people_share_silences_nobody_with_a_number_of_their_own(make, name):
    anybody = details(one_per_person_and_day=True, steps=[TWO_HOURS]) | {"fields": {"required": []}}
    bench = make(details=anybody, texts=[("sms", "en", None, "Hello"), EMAIL])
    shared = [
        contact("2026-12-10T15:00", first_name=name, email="desk@example.com", phone=f"+1212555010{number}")
        for number in range(3)
    ]
    assert [row.state for row in planned(bench, *shared)] == ["ready"] * 3
