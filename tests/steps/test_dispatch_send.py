"""The gate before each call, and what comes out of the threads behind it."""

import threading
import time
from uuid import uuid4

import pytest

from pipelines.domain.sending import CLAIM_SECONDS, Answer, CannotBeSent, Outgoing, Verdict
from pipelines.steps.dispatch.brake import Brake
from pipelines.steps.dispatch.claim import START, Call, Lease
from pipelines.steps.dispatch.lane import Pace
from pipelines.steps.dispatch.send import Callers

TAKEN = Answer(Verdict.ACCEPTED, provider_ref="SM1")


def call(lease_seconds=90.0, messages=1):
    people = [Outgoing(uuid4(), f"+1202555{number:04}", "x") for number in range(messages)]
    return Call(uuid4(), people, Lease.of(lease_seconds), START)


def at_full_speed():
    brake = Brake()
    brake.learn(TAKEN, time.monotonic())
    return brake


def ends(send, calls, *, brake=None, call_timeout=1.0):
    """Run the calls through one thread and collect every end."""
    with Callers(send, threads=1, call_timeout=call_timeout, brake=brake or at_full_speed()) as callers:
        callers.submit(calls)
        found = []
        while callers.in_flight:
            found += callers.collect(1.0)
    return found


def test_every_call_comes_out_once_with_its_answer():
    calls = [call() for _ in range(30)]
    found = ends(lambda _messages: TAKEN, calls)
    assert [sent.call.id for sent in found] == [each.id for each in calls]
    assert {sent.answer for sent in found} == {TAKEN}


def test_a_call_ends_although_the_brake_breaks(monkeypatch):
    """A thread that died of it would leave the lane waiting for ever."""
    brake = at_full_speed()
    monkeypatch.setattr(brake, "learn", lambda *_: 1 / 0)
    found = ends(lambda _messages: TAKEN, [call(), call()], brake=brake)
    assert [sent.answer for sent in found] == [TAKEN, TAKEN]


def test_a_lease_too_short_for_the_longest_call_means_no_call():
    """A lane that was frozen past its lease finds out here, before it sends."""
    made = []
    (sent,) = ends(lambda _messages: made.append(_messages) or TAKEN, [call(lease_seconds=0.9)])
    assert sent.answer is None
    assert not made


def test_a_call_begins_while_its_messages_may_be_kept_and_not_in_the_slack_of_its_lease():
    lease = Pace.of(1).lease_seconds(call_timeout=20.0)
    with Callers(lambda _messages: TAKEN, threads=1, call_timeout=20.0, brake=at_full_speed()) as callers:
        assert callers.may_go(call(lease - CLAIM_SECONDS + 1))
        assert not callers.may_go(call(lease - CLAIM_SECONDS - 1))


def test_a_provider_that_asks_us_to_wait_gets_no_call_that_has_not_left():
    """It comes back as not made, so that nothing stands as begun while the lane waits."""
    made, brake = [], Brake()
    brake.learn(Answer(Verdict.RETRY, retry_after=30), time.monotonic())
    started = time.monotonic()
    (sent,) = ends(lambda _messages: made.append(_messages) or TAKEN, [call()], brake=brake)
    assert sent.answer is None
    assert not made
    assert time.monotonic() - started < 2


def test_a_stopped_lane_makes_no_more_calls():
    brake = Brake()

    def send(messages):
        brake.stop()
        return TAKEN

    found = ends(send, [call() for _ in range(5)], brake=brake)
    assert [sent.answer for sent in found] == [TAKEN, None, None, None, None]


def test_a_refused_account_stops_the_other_threads_at_once():
    brake = Brake()
    found = ends(lambda _messages: Answer(Verdict.PROVIDER_DOWN), [call() for _ in range(3)], brake=brake)
    assert [sent.answer is None for sent in found] == [False, True, True]
    assert brake.refusal is not None


@pytest.mark.parametrize(("messages", "verdict"), [(1, Verdict.REFUSED), (3, Verdict.SPLIT)])
def test_what_the_provider_forbids_to_send_was_not_sent(messages, verdict):
    def send(_messages):
        raise CannotBeSent("a rule of the provider")

    (sent,) = ends(send, [call(messages=messages)])
    assert sent.answer.verdict is verdict


@pytest.mark.parametrize("error", [RuntimeError, ValueError, UnicodeError])
def test_an_error_that_nobody_foresaw_is_unknown(error):
    """A ValueError too: it may come from reading the answer, and then the messages are sent."""

    def send(_messages):
        raise error("in the middle of the call")

    found = ends(send, [call(), call()])
    assert [sent.answer.verdict for sent in found] == [Verdict.UNKNOWN, Verdict.UNKNOWN]


def test_leaving_waits_for_the_call_under_way():
    done = []

    def send(messages):
        time.sleep(0.3)
        done.append(messages)
        return TAKEN

    with Callers(send, threads=1, call_timeout=1.0, brake=Brake()) as callers:
        callers.submit([call()])
        time.sleep(0.1)
    assert done
    assert [sent.answer for sent in callers.collect(0)] == [TAKEN]


def test_collect_returns_what_there_is_when_its_time_is_up():
    with Callers(lambda _messages: TAKEN, threads=1, call_timeout=1.0, brake=Brake()) as callers:
        assert callers.collect(0.1) == []
        callers.submit([call()])
        assert len(callers.collect(5)) == 1


def test_ends_that_come_together_are_collected_together():
    with Callers(lambda _messages: TAKEN, threads=4, call_timeout=1.0, brake=at_full_speed()) as callers:
        assert callers.free == 4
        callers.submit([call() for _ in range(4)])
        assert callers.free == 0
        found = callers.collect(5)
        while callers.in_flight:
            found += callers.collect(5)
        assert len(found) == 4
        assert callers.free == 4


@pytest.mark.parametrize(("threads", "together"), [(2, 1), (15, 5)])
def test_an_ended_call_waits_for_a_third_of_the_threads_and_for_no_slow_one(monkeypatch, threads, together):
    """Neither is an answer kept until the slowest calls have ended, nor recorded alone when others come in with it."""
    monkeypatch.setattr("pipelines.steps.dispatch.send.GATHER", 60.0)
    slow, quick = [call() for _ in range(threads - together)], [call() for _ in range(together)]
    may_end = threading.Event()

    def send(messages):
        if any(messages is one.messages for one in slow):
            may_end.wait(100)
        else:
            time.sleep(0.01 * quick_place[id(messages)])
        return TAKEN

    quick_place = {id(one.messages): place for place, one in enumerate(quick)}
    with Callers(send, threads=threads, call_timeout=1.0, brake=at_full_speed()) as callers:
        callers.submit([*slow, *quick])
        began = time.monotonic()
        try:
            found = callers.collect(60)
            assert time.monotonic() - began < 30
        finally:
            may_end.set()
    assert {sent.call.id for sent in found} == {one.id for one in quick}


def test_a_lease_ends_by_the_clock_that_is_further():
    lease = Lease.of(10)
    assert 9.5 < lease.left() <= 10
    slept = Lease(lease.steady_end, lease.wall_end - 3_600)  # the steady clock stood still for an hour
    assert slept.left() < -3_500


def test_a_careful_lane_makes_one_call_at_a_time_and_none_that_is_too_large():
    made, brake = [], Brake(batch_size=1000)
    with Callers(
        lambda _messages: made.append(_messages) or TAKEN, threads=2, call_timeout=1.0, brake=brake
    ) as callers:
        assert callers.free == 1
        callers.submit([call(messages=2)])
        assert callers.free == 0
        (sent,) = callers.collect(5)
    assert sent.answer is None
    assert not made
