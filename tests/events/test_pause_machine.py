"""Pause, resume, cancel, claim, begin, record, expire and sweep in any order: nothing is begun while paused, nothing is sent after a
cancellation, and every row is accounted for after each step.
"""

from collections import Counter
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from pipelines.actions.packets.cancel import cancel
from pipelines.actions.packets.pause import pause, resume
from pipelines.actions.packets.recount_packets import recount_packets
from pipelines.actions.packets.subjects import packet_of
from pipelines.domain.sending import Answer, Verdict
from pipelines.events.cancelling import finish_cancelled
from pipelines.events.pauses import Subject
from pipelines.events.sweep import close_dead_calls
from pipelines.events.waiting import watch_waits
from pipelines.steps.dispatch.claim import Claims, Terms
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.steps.dispatch.record import Recorder
from pipelines.steps.dispatch.send import Sent
from tests.builders import make_business
from tests.sending import boat_for, make_sending, phones

MESSAGES = 6
MAY_GO_AGAIN = {Verdict.RETRY, Verdict.PROVIDER_DOWN}
ANSWERS = [Verdict.ACCEPTED, Verdict.REFUSED, Verdict.UNKNOWN, *sorted(MAY_GO_AGAIN)]


class Life(RuleBasedStateMachine):
    """One packet of one client, with one lane whose process may lose what it has in hand."""

    engine = None  # set by the test
    home = None

    @initialize()
    def assemble(self):
        self.boat = boat_for(self.engine, make_business(self.engine), self.home, "http://127.0.0.1:9")
        business = self.boat.business
        self.packet = make_sending(self.engine, business, phones(MESSAGES))
        self.boat.change("update data_packet set state = 'sending' where id = :packet", packet=self.packet)
        self.scopes = {
            "packet": packet_of(self.packet),
            "campaign": Subject(business.client_id, campaign_id=business.campaign_id),
            "client": Subject(business.client_id),
        }
        self.database = LaneDatabase(self.engine, business.client_id)
        self.terms = Terms(business.client_id, self.packet, "sms", "twilio", uuid4(), uuid4(), 2, 1, 60.0)
        self.recorder = Recorder(self.database, self.packet, self.terms.owner, frozenset())
        self.paused, self.cancelled = set(), False
        self.hand, self.flight = [], []
        self.final = Counter()  # how often each address was sent to without being allowed to go again

    def teardown(self):
        if hasattr(self, "boat"):
            self.settle()
            self.database.__exit__()

    @rule(scope=st.sampled_from(["packet", "campaign", "client"]))
    def pause(self, scope):
        if scope in self.paused or (scope == "packet" and not self.is_open()):
            return
        pause(self.engine, None, self.scopes[scope], by="machine")
        self.paused.add(scope)

    @precondition(lambda self: self.paused)
    @rule(data=st.data())
    def resume(self, data):
        scope = data.draw(st.sampled_from(sorted(self.paused)))
        if scope == "packet" and self.cancelled:
            return
        resume(self.engine, None, self.scopes[scope], by="machine")
        self.paused.discard(scope)

    @precondition(lambda self: not self.cancelled)
    @rule(scope=st.sampled_from(["packet", "client"]))
    def cancel(self, scope):
        if self.is_open():
            cancel(self.engine, None, self.scopes[scope], by="machine")
            self.cancelled = True
            assert not self.boat.states(self.packet).get("ready")

    @rule()
    def claim(self):
        calls = (
            Claims(self.database, self.terms).next_calls() if self.state() in {"sending", "settled"} else []
        )
        assert not (calls and self.is_held())
        self.hand += calls

    @precondition(lambda self: self.hand)
    @rule(count=st.integers(1, 3))
    def begin(self, count):
        starting, self.hand = self.hand[:count], self.hand[count:]
        begun = self.recorder.exchange([], starting).begun
        assert not (begun and self.is_held()), "begun while paused or cancelled"
        self.flight += begun
        ids = {call.id for call in begun}
        self.recorder.exchange([Sent(call, None) for call in starting if call.id not in ids], [])

    @precondition(lambda self: self.flight)
    @rule(verdict=st.sampled_from(ANSWERS))
    def answer(self, verdict):
        call = self.flight.pop()
        if verdict not in MAY_GO_AGAIN:
            self.final[call.messages[0].address] += 1
        self.recorder.exchange([Sent(call, Answer(verdict, retry_after=0.0))], [])

    @precondition(lambda self: self.hand)
    @rule()
    def give_back(self):
        self.recorder.exchange([Sent(call, None) for call in self.hand], [])
        self.hand = []

    @precondition(lambda self: self.flight)
    @rule()
    def lose_an_answer(self):
        call = self.flight.pop()
        self.final[call.messages[0].address] += 1
        self.boat.change(
            "update provider_call set lease_until = now() - interval '1 second' where id = :id", id=call.id
        )

    @rule()
    def pulse(self):
        close_dead_calls(self.engine)
        finish_cancelled(self.engine)
        watch_waits(self.engine)

    @rule(row=st.integers(1, MESSAGES))
    def deadline_passes(self, row):
        self.boat.change(
            "update message set expires_at = now() - interval '1 second' where packet_id = :packet and row_no = :row",
            packet=self.packet,
            row=row,
        )

    @invariant()
    def nobody_is_sent_to_twice(self):
        assert not self.final or max(self.final.values()) == 1

    @invariant()
    def every_message_is_there(self):
        if hasattr(self, "boat"):
            assert sum(self.boat.states(self.packet).values()) == MESSAGES

    def state(self):
        return self.boat.rows("select state from data_packet where id = :packet", packet=self.packet)[0].state

    def is_held(self):
        return bool(self.paused) or self.cancelled

    def is_open(self):
        waiting = "select 1 from packet_total where packet_id = :packet and waiting > 0"
        return not self.cancelled and (
            self.state() != "settled" or bool(self.boat.rows(waiting, packet=self.packet))
        )

    def settle(self):
        """End what is under way; a cancelled packet is then settled and adds up, with nothing left to send."""
        while self.flight:
            self.answer(Verdict.ACCEPTED)
        self.give_back()
        self.boat.change(
            "update provider_call set lease_until = now() - interval '1 second' where packet_id = :packet and state = 'sending'",
            packet=self.packet,
        )
        self.pulse()
        if not self.cancelled:
            return
        assert self.state() == "settled"
        states = self.boat.states(self.packet)
        assert not states.get("ready", 0) + states.get("sending", 0)
        recount_packets(self.engine, packet_id=self.packet)
        alarms = "select code from packet_alarm where packet_id = :packet"
        assert self.boat.rows(alarms, packet=self.packet) == []


@pytest.mark.timeout(600)
def test_pauses_and_cancellations_in_any_order(database, tmp_path):
    machine = type("Life", (Life,), {"engine": database.engine("worker"), "home": tmp_path})
    run_machine(
        machine,
        settings=settings(
            max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
