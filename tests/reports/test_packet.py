"""The timeline from journal rows: what counts after a step was rerun, and what lanes add."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipelines.language import Sentence
from pipelines.reports.packet import Packet, balance
from pipelines.reports.steps import timeline
from pipelines.states import STEPS

BEGAN = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def attempt(step, minute, *, state="done", lane="", rows=(10, 10, 0), **more):
    started = BEGAN + timedelta(minutes=minute)
    rows_in, rows_out, rows_held = rows
    return {
        "step": step, "lane": lane, "attempt": 1, "state": state, "started_at": started,
        "ended_at": None if state == "running" else started + timedelta(seconds=30), "rows_expected": None, "rows_done": 0,
        "rows_in": rows_in, "rows_out": rows_out, "rows_held": rows_held, "rows_sent": 0, "error_code": None,
        "error_params": None, "note": None,
    } | more  # fmt: skip


def marks(rows):
    return [step.mark for step in timeline(rows)]


def test_there_are_always_seven_steps_in_order():
    assert [step.name for step in timeline([])] == list(STEPS)
    assert marks([]) == ["waiting"] * 7


def test_a_step_waits_again_when_an_earlier_one_was_rerun():
    rows = [attempt(step, minute) for minute, step in enumerate(STEPS)]
    assert marks(rows) == ["done"] * 7
    rows[2] = attempt("clean", 60, state="running", rows=(None, None, None))
    assert marks(rows) == ["done", "done", "moving", "waiting", "waiting", "waiting", "waiting"]


def test_a_rerun_that_kept_its_output_changes_nothing_after_it():
    rows = [attempt(step, minute) for minute, step in enumerate(STEPS)]
    rows[2] = attempt("clean", 60, state="kept")
    assert marks(rows) == ["done"] * 7


def test_one_lane_that_failed_marks_the_step():
    lanes = [
        attempt("dispatch", 5, lane="sms lane 1"),
        attempt("dispatch", 5, lane="sms lane 2", state="failed", error_code="file_missing"),
    ]
    dispatch = timeline(lanes)[5]
    assert dispatch.mark == "needs"
    assert dispatch.error == Sentence("file_missing")
    assert dispatch.rows_in == 20


def test_dispatch_is_skipped_when_there_is_nothing_to_send():
    rows = [attempt(step, minute) for minute, step in enumerate(STEPS) if step != "dispatch"]
    dispatch = timeline(rows)[5]
    assert dispatch.skipped
    assert dispatch.mark == "done"


def test_steps_after_a_failed_one_are_waiting():
    rows = [attempt(step, minute) for minute, step in enumerate(STEPS[:3])]
    rows += [
        attempt("check", 3, state="failed", error_code="file_changed"),
        attempt("settle", 4, state="failed", error_code="file_changed"),
    ]
    assert marks(rows) == ["done", "done", "done", "needs", "waiting", "waiting", "needs"]


def test_the_forecast_comes_from_the_rate_so_far():
    step = timeline([attempt("clean", 0, rows=(None, None, None), rows_expected=1000, rows_done=250)])[2]
    assert step.seconds == 30
    assert step.seconds_left == 90
    early = timeline([attempt("clean", 0, rows=(None, None, None), rows_expected=1000, rows_done=10)])[2]
    assert early.seconds_left is None


def test_no_number_of_rows_is_shown_while_a_lane_does_not_know_its_share():
    lanes = [
        attempt("dispatch", 5, lane="sms lane 1", state="running", rows=(None, None, None), rows_expected=50),
        attempt("dispatch", 5, lane="sms lane 2", state="running", rows=(None, None, None)),
    ]
    assert timeline(lanes)[5].rows_expected is None


def test_lanes_expect_the_rows_that_were_prepared():
    lane = attempt(
        "dispatch", 5, lane="sms lane 1", state="running", rows=(None, None, None), rows_expected=8
    )
    rows = [attempt("assemble", 4, rows=(60, 60, 0)), lane | {"rows_done": 4}]
    assert timeline(rows)[5].rows_expected == 60
    assert timeline([rows[0], rows[1] | {"attempt": 2}])[5].rows_expected == 8, (
        "a later attempt takes only what is left"
    )


counts = st.integers(0, 10_000)


@given(loaded=counts, held=st.lists(counts, min_size=4, max_size=4), sent=counts, running=st.booleans())
def test_the_rows_add_up_at_every_moment(loaded, held, sent, running):
    rows = [attempt("load", 0, rows=(loaded, loaded, 0))]
    rows += [
        attempt(step, 1 + place, rows=(loaded, loaded, held[place])) for place, step in enumerate(STEPS[1:5])
    ]
    lane = {"rows_done": sent} if running else {}
    rows += [
        attempt(
            "dispatch",
            9,
            lane="sms lane 1",
            state="running" if running else "done",
            rows=(None, None, None) if running else (sent, sent, 0),
            rows_sent=sent,
            **lane,
        )
    ]
    total = balance(_packet(), timeline(rows))
    assert sum(part.rows for part in total.parts) == total.rows_in == loaded
    assert all(part.rows >= 0 for part in total.parts)


def _packet():
    return Packet(**dict.fromkeys(Packet.__dataclass_fields__))
