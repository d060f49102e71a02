"""A provider with unclear answers: what is in flight may become unknown, and then hardly anything more."""

from collections import Counter
from dataclasses import replace

import pytest

from pipelines.steps.dispatch.brake import MAX_UNCLEAR
from pipelines.steps.dispatch.lane import Pace
from tests.fixtures_sandbox import sandbox
from tests.sending import boat_for, mailboxes, make_sending, phones

__all__ = ["sandbox"]

IN_FLIGHT = {"sms": Pace.of(1).threads, "email": Pace.of(1000).threads * 1000}
LANES = {"sms": "sms lane 1", "email": "e-mail lane 1"}
UNCLEAR = ["error_before", "error_after", "lost_answer", "unreadable"]


@pytest.fixture
def boat(database, business, sandbox, tmp_path, monkeypatch):
    """A lane that ends for a wait after a second and a half, so that the tests do not wait for half a minute."""
    usual = Pace.of
    monkeypatch.setattr(Pace, "of", lambda size: replace(usual(size), wait_here=1.5))
    return boat_for(database.engine("worker"), business, tmp_path, sandbox.url)


def people(channel, count):
    return phones(count) if channel == "sms" else mailboxes(count)


def make(boat, channel, count):
    return make_sending(boat.worker, boat.business, people(channel, count), channel)


def never_twice(sandbox):
    return max(Counter(message.to for message in sandbox.journal()).values(), default=0) <= 1


@pytest.mark.parametrize(
    ("channel", "count", "fault"),
    [
        *(("sms", 400, fault) for fault in UNCLEAR),
        ("email", 8000, "error_before"),
        ("email", 8000, "lost_answer"),
    ],
)
def test_a_packet_that_meets_it_from_the_start_loses_a_few_calls_of_one(boat, sandbox, channel, count, fault):
    packet = make(boat, channel, count)
    sandbox.faults({"action": fault})
    boat.run("dispatch", packet, LANES[channel])
    code, seconds = boat.wait(packet)
    assert (code, seconds > 0.5) == ("provider_unclear", True)
    states = boat.states(packet)
    assert states["unknown"] <= 3
    assert states == {"unknown": states["unknown"], "ready": count - states["unknown"]}
    sandbox.faults()
    boat.end_breakers()
    boat.run("dispatch", packet, LANES[channel])
    assert boat.states(packet) == {"unknown": states["unknown"], "accepted": count - states["unknown"]}
    assert never_twice(sandbox)
    assert boat.wait(packet) is None


@pytest.mark.parametrize(("channel", "count", "good"), [("sms", 800, 300), ("email", 10_000, 4_000)])
def test_one_that_begins_in_mid_flight_costs_what_is_in_flight(boat, sandbox, channel, count, good):
    packet = make(boat, channel, count)
    boat.change(
        "update message set expires_at = now() + row_no * interval '1 minute' where packet_id = :packet",
        packet=packet,
    )
    bad = "|".join(people(channel, count)[good:]).replace("+", "[+]").replace(".", "[.]")
    sandbox.faults({"action": "error_before", "to": f"^({bad})$"})
    boat.run("dispatch", packet, LANES[channel])
    assert boat.wait(packet)[0] == "provider_unclear"
    states = boat.states(packet)
    assert 0 < states["unknown"] <= IN_FLIGHT[channel] + 5
    assert states["accepted"] + states["unknown"] + states["ready"] == count


@pytest.mark.parametrize(("channel", "count", "lost"), [("sms", 600, 3), ("email", 6_000, 1)])
def test_one_that_comes_back_gets_the_rest_at_full_speed(boat, sandbox, channel, count, lost):
    """The lane tries one call, and then it goes on by itself, within the same run."""
    packet = make(boat, channel, count)
    sandbox.faults({"action": "error_before", "count": lost, "to": r"(5550[1-9]..|[2-9]...@.*)$"})
    boat.run("dispatch", packet, LANES[channel])
    states = boat.states(packet)
    assert 0 < states["unknown"] <= IN_FLIGHT[channel] + 5
    assert states["accepted"] == count - states["unknown"]
    assert never_twice(sandbox)


def test_a_hundredth_of_unknown_answers_is_not_waited_for(boat, sandbox):
    packet = make(boat, "sms", 1500)
    sandbox.faults({"action": "error_before", "probability": 0.01, "seed": 3})
    boat.run("dispatch", packet, LANES["sms"])
    states = boat.states(packet)
    assert 3 < states["unknown"] < 40
    assert states["accepted"] == 1500 - states["unknown"]
    assert (
        boat.rows("select 1 from provider_call where packet_id = :packet and state = 'retry'", packet=packet)
        == []
    )


def test_it_is_tried_with_one_call_a_time_at_growing_distances(boat, sandbox):
    """What earlier lanes of the channel have met is remembered: a day costs a hundred messages, not a packet."""
    packet = make(boat, "sms", 100)
    sandbox.faults({"action": "error_before"})
    boat.run("dispatch", packet, LANES["sms"])
    lost, pauses = boat.states(packet)["unknown"], []
    for tries in range(1, 12):
        boat.end_breakers()
        boat.run("dispatch", packet, LANES["sms"])
        assert boat.states(packet)["unknown"] == lost + tries
        pauses.append(boat.wait(packet)[1])
    assert pauses[3] > 2 * pauses[0]
    assert MAX_UNCLEAR / 2 - 1 < pauses[-1] <= MAX_UNCLEAR


def test_an_alarm_is_raised_when_it_lasts_and_cleared_when_it_is_over(boat, sandbox):
    packet = make(boat, "sms", 100)
    sandbox.faults({"action": "error_before"})
    alarms = "select code, cases from packet_alarm where packet_id = :packet"
    boat.run("dispatch", packet, LANES["sms"])
    assert boat.rows(alarms, packet=packet) == [], "short trouble raises no alarm"
    boat.change(
        "update channel_wait set since = since - interval '16 minutes' where packet_id = :packet",
        packet=packet,
    )
    boat.end_breakers()
    boat.run("dispatch", packet, LANES["sms"])
    assert boat.rows(alarms, packet=packet) == [("provider_unclear", boat.states(packet)["ready"])]
    sandbox.faults()
    boat.end_breakers()
    boat.run("dispatch", packet, LANES["sms"])
    assert boat.rows(alarms, packet=packet) == []
