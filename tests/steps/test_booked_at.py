"""When a contact was booked: from the row to the steps that are skipped for people who booked shortly before them."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from pipelines.language import say
from pipelines.reports.packet import Packet
from pipelines.reports.row import RowStory
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import REMINDER
from tests.steps.assembling import EMAIL, local, make
from tests.steps.preparing import Preparing
from tests.steps.test_assemble_schedule import NOON, TWO_HOURS, at, contact, details, planned

__all__ = ["make"]

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

HEADER = "first_name,phone,appointment,Booked on\n"
LONG_AGO = datetime(2024, 5, 6, 13, 5, tzinfo=UTC)  # 09:05 in New York


def received(bench, moment):
    with bench.uow() as uow:
        uow.execute(
            text("update data_packet set received_at = :at where id = :packet"),
            {"at": moment, "packet": bench.packet},
        )
        uow.commit()


def outcomes(bench, *rows, came=NOON, now=None):
    received(bench, came)
    return [(row.state, row.error_code) for row in planned(bench, *rows, now=now or came)]


SENT, SKIPPED = ("ready", None), ("cancelled", "booked_recently")


def test_a_step_is_skipped_for_those_who_booked_shortly_before_it(make):
    bench = make(details=details(steps=[TWO_HOURS], not_if_booked_within_hours=48))
    step = at("2026-12-03T10:00")  # 46 hours after the packet came
    rows = [
        contact("2026-12-03T12:00", booked_at=booked_at)
        for booked_at in (
            step - timedelta(days=30), step - timedelta(hours=48), step - timedelta(hours=48) + timedelta(seconds=1),
            NOON, None,
        )
    ]  # fmt: skip
    assert outcomes(bench, *rows) == [SENT, SENT, SKIPPED, SKIPPED, SKIPPED]


def test_without_the_setting_nobody_is_skipped(make):
    bench = make(details=details(steps=[TWO_HOURS]))
    assert outcomes(bench, contact("2026-12-03T12:00", booked_at=NOON)) == [SENT]


@pytest.mark.parametrize(
    ("contact_at", "booked_at", "outcome"),
    [
        (
            "2026-11-01T14:00",
            "2026-10-31T12:30",
            SENT,
        ),  # by the clocks 23:30 hours before the step, in fact 24:30
        ("2026-11-01T14:00", "2026-10-31T13:30", SKIPPED),  # 23:30
        ("2027-03-14T14:00", "2027-03-13T11:30", SKIPPED),  # by the clocks 24:30, in fact 23:30
        ("2027-03-14T14:00", "2027-03-13T10:30", SENT),  # 24:30
    ],
)
def test_hours_are_time_passed_around_both_clock_changes(make, contact_at, booked_at, outcome):
    bench = make(details=details(steps=[TWO_HOURS], not_if_booked_within_hours=24))
    booked_at = at(booked_at)
    row = contact(contact_at, booked_at=booked_at)
    assert outcomes(bench, row, came=booked_at + timedelta(minutes=40)) == [outcome]


@pytest.fixture
def preparing(database, tmp_path):
    return Preparing(database, tmp_path)


def rows(*booked, contact_at="2030-05-14 09:30"):
    cells = (f"Ann,+1212555{2368 + n},{contact_at},{one}\n" for n, one in enumerate(booked))
    return HEADER + "".join(cells)


def booked(preparing, packet_id):
    """The local time and what was noted, by row."""
    return preparing.clean(
        packet_id, "to_char(timezone(time_zone, booked_at), 'YYYY-MM-DD HH24:MI'), changes[1]"
    )


def test_a_booking_is_a_moment_on_the_clock_of_the_contact(preparing):
    packet_id, result = preparing.cleaned(
        rows("2024-05-06 09:05", "2024-05-06T15:05+02:00", "2024-11-03 01:30", "2024-05-06", "")
    )
    assert (result.rows_out, result.rows_held, result.note) == (5, 0, None)
    assert preparing.clean(packet_id, "booked_at")[0] == (LONG_AGO,)
    assert booked(preparing, packet_id) == [
        ("2024-05-06 09:05", None), ("2024-05-06 09:05", None), ("2024-11-03 01:30", "booked_at:dst_overlap"),
        ("2024-05-06 00:00", None), (None, None),
    ]  # fmt: skip


def test_one_that_cannot_be_used_is_left_out_and_noted_and_the_row_is_sent(preparing):
    tomorrow = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}"
    packet_id, result = preparing.cleaned(rows("last week", "2024-03-10 02:30", "2024-02-30", tomorrow))
    assert (result.rows_out, result.rows_held) == (4, 0)
    assert booked(preparing, packet_id) == [
        (None, "booked_at:unreadable_date"), (None, "booked_at:skipped_time"), (None, "booked_at:impossible_date"),
        (None, "booked_at:future_moment"),
    ]  # fmt: skip


def test_one_that_a_campaign_requires_is_held(database, tmp_path):
    preparing = Preparing(database, tmp_path, required=("booked_at",))
    packet_id, _ = preparing.cleaned(rows("last week", "", "2024-05-06"))
    assert preparing.held(packet_id) == [
        (2, "Booked on", "unreadable_date", "last week"),
        (3, "Booked on", "required_empty", None),
    ]


def formats(preparing):
    return preparing.rows("select mapping -> 'formats' from load_map order by version")


def test_its_order_of_day_and_month_is_its_own_and_remembered(preparing):
    first, result = preparing.cleaned(rows("25/04/2024", "05/06/2024", contact_at="05/14/2030 09:30"))
    assert result.note is None
    assert [local for local, _ in booked(preparing, first)] == ["2024-04-25 00:00", "2024-06-05 00:00"]
    assert formats(preparing) == [({},), ({"booked_at": "DMY", "contact_date": "MDY"},)]
    second, result = preparing.cleaned(rows("07/06/2024", contact_at="2030-05-15 09:30"))
    assert booked(preparing, second) == [("2024-06-07 00:00", None)]
    assert "as before in this feed" in say(result.note)


def test_one_that_shows_no_order_has_that_of_the_contact_dates(preparing):
    packet_id, result = preparing.cleaned(rows("05/06/2024", contact_at="25/06/2030 09:30"))
    assert booked(preparing, packet_id) == [("2024-06-05 00:00", None)]
    assert result.note is None
    assert formats(preparing) == [({},), ({"contact_date": "DMY"},)]


def test_an_order_that_nothing_shows_is_that_of_the_region_and_said(preparing):
    packet_id, result = preparing.cleaned(rows("05/06/2024"))
    assert booked(preparing, packet_id) == [("2024-05-06 00:00", None)]
    assert say(result.note) == (
        "The dates of the field “time of booking” do not show which number is the month;"
        " they were read month/day, as is usual in US."
    )


def test_an_order_that_the_contact_dates_have_always_had_needs_no_proof_today(preparing):
    preparing.cleaned(rows("2024-05-06", contact_at="25/06/2030 09:30"))
    packet_id, result = preparing.cleaned(rows("05/06/2024"))
    assert booked(preparing, packet_id) == [("2024-06-05 00:00", None)]
    assert result.note is None


def test_dates_in_both_orders_stop_no_packet_and_are_left_out(preparing):
    content = rows("25/04/2024", "04/25/2024", "05/06/2024", "2024-05-06", contact_at="25/06/2030 09:30")
    packet_id, result = preparing.cleaned(content)
    left_out = (None, "booked_at:unreadable_date")
    assert booked(preparing, packet_id) == [left_out, left_out, left_out, ("2024-05-06 00:00", None)]
    assert "time of booking" in say(result.note)
    assert result.rows_held == 0
    assert formats(preparing) == [({},), ({"contact_date": "DMY"},)]


def test_dates_against_the_order_of_the_feed_are_left_out(preparing):
    preparing.cleaned(rows("25/04/2024"))
    packet_id, result = preparing.cleaned(rows("04/25/2024", "2024-05-06"))
    assert [note for _, note in booked(preparing, packet_id)] == ["booked_at:unreadable_date", None]
    assert "contradict" in say(result.note)


def test_from_the_file_to_the_message(preparing):
    """Who booked long ago gets the reminder; who booked just now does not, nor one whose booking the file does not tell."""
    soon = local(datetime.now(UTC) + timedelta(hours=30))
    schedule = {"steps": [TWO_HOURS], "not_if_booked_within_hours": 48}
    preparing.change_campaign(
        details=REMINDER | {"schedule": schedule},
        texts=[
            ("sms", "en", None, "Hello {{ first_name }}, booked {{ booked_at | default('lately') }}."),
            EMAIL,
        ],
    )
    recently = local(datetime.now(UTC) - timedelta(hours=3))
    packet_id = preparing.packet(rows("06 May 2024 9:05 am", recently, "", "last week", contact_at=soon))
    preparing.run(packet_id, "load", "map_fields", "clean", "check", "assemble")
    assert preparing.rows(
        "select state, error_code, body from message where packet_id = :id order by row_no", id=packet_id
    ) == [
        (*SENT, "Hello Ann, booked 2024-05-06 09:05."),
        (*SKIPPED, f"Hello Ann, booked {recently}."),
        (*SKIPPED, "Hello Ann, booked lately."),
        (*SKIPPED, "Hello Ann, booked lately."),
    ]
    with UnitOfWork(preparing.engine, preparing.business.client_id) as uow:
        packet = Packet.read(uow, packet_id)
        cells = [RowStory.read(uow, packet, row_no).cells[3] for row_no in (1, 2, 4)]
    assert [(cell.before, cell.after, cell.rule) for cell in cells] == [
        ("06 May 2024 9:05 am", "2024-05-06 09:05", None), (recently, None, None),
        ("last week", "", "unreadable_date"),
    ]  # fmt: skip


def test_a_row_page_of_a_row_that_is_held_shows_its_cells(preparing):
    packet_id, _ = preparing.cleaned(
        "first_name,phone,appointment,Booked on\nAnn,,2030-05-14 09:30,2024-05-06\n"
    )
    with UnitOfWork(preparing.engine, preparing.business.client_id) as uow:
        story = RowStory.read(uow, Packet.read(uow, packet_id), 1)
    assert story.cells[3].before == "2024-05-06"
    assert story.cells[3].after is None
