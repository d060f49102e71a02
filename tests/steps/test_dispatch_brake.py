"""How a lane slows down: as asked, else further at each setback, and at once again after a success (P3)."""

import pytest

from pipelines.domain.sending import Answer, Verdict
from pipelines.steps.dispatch.brake import MOST_BACK_OFF, Brake

BUSY = Answer(Verdict.RETRY)


def test_the_provider_says_how_long():
    brake = Brake()
    brake.learn(Answer(Verdict.RETRY, retry_after=7))
    assert 6.9 < brake.holds() <= 7


def test_a_shorter_wish_does_not_shorten_a_longer_one():
    brake = Brake()
    brake.learn(Answer(Verdict.RETRY, retry_after=20))
    brake.learn(Answer(Verdict.RETRY, retry_after=1))
    assert brake.holds() > 19


def test_setbacks_of_calls_that_were_under_way_together_count_once():
    brake = Brake()
    brake.learn(Answer(Verdict.RETRY, retry_after=5))
    for _ in range(20):
        brake.learn(BUSY)
    assert brake.holds() <= 5


@pytest.mark.parametrize(("setbacks", "most"), [(1, 2), (3, 8), (30, MOST_BACK_OFF)])
def test_the_pause_is_drawn_from_a_range_that_doubles(setbacks, most):
    longest = 0.0
    for _ in range(200):
        brake = Brake()
        for _setback in range(setbacks):
            brake._free_at = 0.0  # the pause has passed
            brake.learn(BUSY)
        assert brake.holds() <= most
        longest = max(longest, brake.holds())
    assert longest > most * 0.8


@pytest.mark.parametrize("verdict", [Verdict.ACCEPTED, Verdict.REFUSED])
def test_a_real_answer_begins_anew(verdict):
    brake = Brake()
    for _ in range(9):
        brake._free_at = 0.0
        brake.learn(BUSY)
    brake.learn(Answer(verdict))
    brake._free_at = 0.0
    brake.learn(BUSY)
    assert brake.holds() <= 2


def test_an_unknown_answer_holds_nobody_back():
    brake = Brake()
    brake.learn(Answer(Verdict.UNKNOWN))
    assert brake.holds() <= 0
    assert not brake.stopped


def test_a_refused_account_stops_for_good():
    brake = Brake()
    brake.learn(Answer(Verdict.PROVIDER_DOWN, error_code="20003"))
    assert brake.stopped
    assert brake.refusal.error_code == "20003"
