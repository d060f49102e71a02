"""How a lane slows down: as asked, else further at each setback, carefully when answers are unknown, and at once again after a success (P3)."""

import random
import time

import pytest

from pipelines.domain.sending import Answer, Verdict
from pipelines.steps.dispatch.brake import GROWTH, MAX_BACK_OFF, MAX_UNCLEAR, Brake

BUSY, TAKEN, LOST = Answer(Verdict.RETRY), Answer(Verdict.ACCEPTED), Answer(Verdict.UNKNOWN)


def tell(brake, answer, began=None):
    """The answer to a call that began now, or at `began`."""
    brake.learn(answer, time.monotonic() if began is None else began)


def at_full_speed(**terms):
    brake = Brake(**terms)
    while brake.careful:
        tell(brake, TAKEN)
    return brake


def test_the_provider_says_how_long():
    brake = Brake()
    tell(brake, Answer(Verdict.RETRY, retry_after=7))
    assert 6.9 < brake.remaining() <= 7


def test_a_shorter_wish_does_not_shorten_a_longer_one():
    brake = Brake()
    tell(brake, Answer(Verdict.RETRY, retry_after=20))
    tell(brake, Answer(Verdict.RETRY, retry_after=1))
    assert brake.remaining() > 19


def test_setbacks_of_calls_that_were_under_way_together_count_once():
    brake = Brake()
    tell(brake, Answer(Verdict.RETRY, retry_after=5))
    for _ in range(20):
        tell(brake, BUSY)
    assert brake.remaining() <= 5


@pytest.mark.parametrize(("setbacks", "most"), [(1, 2), (3, 8), (30, MAX_BACK_OFF)])
def test_the_pause_is_drawn_from_a_range_that_doubles(setbacks, most):
    longest = 0.0
    for _ in range(200):
        brake = Brake()
        for _setback in range(setbacks):
            brake._free_at = 0.0  # the pause has passed
            tell(brake, BUSY)
        assert brake.remaining() <= most
        longest = max(longest, brake.remaining())
    assert longest > most * 0.8


@pytest.mark.parametrize("verdict", [Verdict.ACCEPTED, Verdict.REFUSED])
def test_a_real_answer_begins_anew(verdict):
    brake = Brake()
    for _ in range(9):
        brake._free_at = 0.0
        tell(brake, BUSY)
    tell(brake, Answer(verdict))
    brake._free_at = 0.0
    tell(brake, BUSY)
    assert brake.remaining() <= 2


def test_a_lane_begins_with_one_message_and_grows_with_each_clear_answer():
    brake, sizes = Brake(batch_size=1000), []
    while brake.careful:
        sizes.append(brake.size)
        tell(brake, TAKEN)
    assert sizes == [1, GROWTH, 100, 1000]
    assert brake.remaining() <= 0


def test_a_few_unknown_answers_hold_nobody_back():
    brake = at_full_speed(max_unknown=3)
    for _ in range(100):
        tell(brake, LOST)
        tell(brake, LOST)
        tell(brake, TAKEN)
        assert not brake.careful
        assert brake.remaining() <= 0


def test_one_answer_in_a_hundred_unknown_slows_no_lane_down():
    brake, dice = at_full_speed(max_unknown=3), random.Random(24)
    for _ in range(10_000):
        tell(brake, LOST if dice.random() < 0.01 else TAKEN)
        assert not brake.careful


@pytest.mark.parametrize("clear", [Verdict.ACCEPTED, Verdict.REFUSED, Verdict.SPLIT])
def test_a_row_of_unknown_answers_lets_one_call_through_at_once(clear):
    brake = at_full_speed(max_unknown=3)
    for _ in range(3):
        tell(brake, LOST)
    assert (brake.careful, brake.size) == (True, 1)
    assert brake.remaining() <= 0
    tell(brake, Answer(clear))
    assert not brake.careful


def test_each_careful_call_that_stays_unknown_makes_the_pause_longer():
    brake = at_full_speed(max_unknown=1)
    tell(brake, LOST)
    for longest in (2, 4, 8, 16):
        brake._free_at = 0.0  # the pause has passed
        tell(brake, LOST)
        assert longest / 2 - 0.1 < brake.remaining() <= longest
        assert brake.in_doubt


def test_a_provider_that_loses_large_calls_alone_meets_longer_pauses_too():
    """Small ones between are no reason to forget: the pause starts anew only at full speed."""
    brake = Brake(batch_size=1000, max_unknown=1)
    for longest in (2, 4, 8):
        brake._free_at = 0.0
        for _ in range(3):
            tell(brake, TAKEN)
        assert brake.size == 1000
        tell(brake, LOST)
        assert brake.remaining() > longest / 2 - 0.1
        assert brake.size == 1


@pytest.mark.parametrize("answer", [TAKEN, LOST])
def test_what_was_under_way_when_the_lane_slowed_down_says_nothing(answer):
    brake, before = at_full_speed(max_unknown=3), time.monotonic()
    for _ in range(3):
        tell(brake, LOST)
    for _ in range(13):
        tell(brake, answer, began=before)
    assert (brake.careful, brake.size) == (True, 1)
    assert brake.remaining() <= 0, "calls that were under way together are one setback"


def test_a_refused_account_stops_for_good():
    brake = Brake()
    tell(brake, Answer(Verdict.PROVIDER_DOWN, error_code="20003"))
    assert brake.stopped
    assert brake.refusal.error_code == "20003"


@pytest.mark.parametrize("answer", [BUSY, LOST, Answer(Verdict.PROVIDER_DOWN)])
def test_setbacks_of_many_days_do_not_break_it(answer):
    """The count goes on from lane to lane: 2.0**1024 is more than a number can hold."""
    brake = Brake(setbacks=5_000)
    tell(brake, answer)
    assert 0 < brake.remaining() <= MAX_UNCLEAR
