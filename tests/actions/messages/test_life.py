"""A message's whole life, in any order: lost answers, late callbacks, lists, decisions. Nothing is lost, nothing is sent twice."""

import contextlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from pipelines import clock
from pipelines.actions.messages.decide import AlreadyDecided, decide_call
from pipelines.actions.messages.reconcile import reconcile
from pipelines.domain.sending import Answer, ProviderEvent, Verdict
from pipelines.events.apply import apply_events
from pipelines.events.inbox import store
from pipelines.events.sweep import close_dead_calls
from pipelines.states import MessageState
from pipelines.steps.dispatch.claim import Claims, Terms
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.steps.dispatch.record import Recorder
from pipelines.steps.dispatch.send import Sent
from tests.fixtures_sandbox import SECRETS
from tests.reconciling import LEASE, send
from tests.sending import make_sending, phones

MESSAGES = 3
TAKEN = {"accepted", "sent", "delivered"}


class Life(RuleBasedStateMachine):
    """Three messages with one lane at a time. The provider's journal is the oracle."""

    boat = sandbox = None

    @initialize()
    def assemble(self):
        self.addresses = phones(MESSAGES, first=int(uuid4().int % 9_000_000) + 1_000_000)
        self.packet = make_sending(self.boat.worker, self.boat.business, self.addresses)
        self.boat.change("update data_packet set state = 'sending' where id = :packet", packet=self.packet)
        self.passed = timedelta(0)

    @rule(
        fates=st.lists(
            st.sampled_from(["answered", "lost", "never made", "killed"]),
            min_size=MESSAGES,
            max_size=MESSAGES,
        )
    )
    def run_a_lane(self, fates):
        with clock.set_to(datetime.now(UTC) + self.passed):
            self._run_a_lane(fates)

    def _run_a_lane(self, fates):
        (sender,) = self.boat.rows("select id from sender where channel = 'sms'")
        client = self.boat.business.client_id
        terms = Terms(client, self.packet, "sms", "twilio", sender.id, uuid4(), 50, 1, LEASE)
        with LaneDatabase(self.boat.worker, client) as database:
            recorder = Recorder(database, self.packet, terms.owner, frozenset())
            calls = Claims(database, terms).next_calls()
            recorder.exchange([], calls)
            for call, fate in zip(calls, fates, strict=False):
                answer = send(self.boat, call.messages) if fate in {"answered", "lost"} else None
                if fate != "killed":
                    lost = Answer(Verdict.UNKNOWN, error_code="deadline")
                    recorder.exchange([Sent(call, answer if fate == "answered" else lost)], [])
        # What was killed has no answer: its lease ends.
        self.boat.change(
            "update provider_call set lease_until = now() where state = 'sending' and packet_id = :packet",
            packet=self.packet,
        )
        close_dead_calls(self.boat.worker)

    @rule(
        which=st.integers(0, 20),
        state=st.sampled_from([("sent", 4), ("delivered", 5)]),
        times=st.integers(1, 2),
    )
    def call_back(self, which, state, times):
        if ours := self._journal():
            message = ours[which % len(ours)]
            name, rank = state
            for _ in range(times):
                store(self.boat.worker, [self._event(message, name, rank)], {})

    def _event(self, message, name, rank):
        key = f"{message.id} {name}"
        return ProviderEvent(
            "twilio", key, MessageState(name), rank, UUID(message.attempt), message.id, message.to
        )

    @rule()
    def apply(self):
        apply_events(self.boat.worker)

    @rule(minutes=st.sampled_from([2, 6, 13]))
    def look_it_up(self, minutes):
        self.passed += timedelta(minutes=minutes)
        with clock.set_to(datetime.now(UTC) + self.passed):
            reconcile(self.boat.worker, self.boat.settings, SECRETS)

    @rule(which=st.integers(0, MESSAGES))
    def somebody_decides_what_is_true(self, which):
        unknown = self.boat.rows(
            "select call.id, attempt.id::text as attempt from provider_call as call join attempt on attempt.call_id = call.id"
            " where call.packet_id = :packet and call.state = 'unknown' order by call.id", packet=self.packet,
        )  # fmt: skip
        if unknown:
            call = unknown[which % len(unknown)]
            arrived = call.attempt in {message.attempt for message in self._journal()}
            with contextlib.suppress(AlreadyDecided):
                decide_call(
                    self.boat.worker, self.boat.business.client_id, call.id, received=arrived, by="test"
                )

    def _journal(self):
        return [message for message in self.sandbox.journal() if message.to in self.addresses]

    @invariant()
    def nothing_is_sent_twice(self):
        if hasattr(self, "packet"):
            journal = self._journal()
            assert max(Counter(message.attempt for message in journal).values(), default=0) <= 1
            assert max(Counter(message.to for message in journal).values(), default=0) <= 1

    @invariant()
    def every_message_has_one_state_and_one_living_attempt(self):
        if not hasattr(self, "packet"):
            return
        assert sum(self.boat.states(self.packet).values()) == MESSAGES
        living = self.boat.rows(
            "select message_id from attempt join provider_call as call on call.id = attempt.call_id"
            " where call.packet_id = :packet and call.state in ('sending', 'unknown', 'accepted')", packet=self.packet,
        )  # fmt: skip
        assert max(Counter(row.message_id for row in living).values(), default=0) <= 1

    @invariant()
    def what_we_call_taken_the_provider_has(self):
        if hasattr(self, "packet"):
            there = {message.to for message in self._journal()}
            rows = self.boat.rows(
                "select address, state from message where packet_id = :packet", packet=self.packet
            )
            assert all(row.address in there for row in rows if row.state in TAKEN)
            assert all(row.address not in there for row in rows if row.state in {"ready", "expired"})

    def teardown(self):
        """In the end nothing is unknown: two lists decide, and what is ready goes out."""
        if not hasattr(self, "packet"):
            return
        for _ in range(4):
            self.look_it_up(minutes=13)
        self.run_a_lane(["answered"] * MESSAGES)
        apply_events(self.boat.worker)
        assert set(self.boat.states(self.packet)) <= TAKEN
        assert sorted(message.to for message in self._journal()) == sorted(self.addresses)


def test_any_order_ends_with_every_message_sent_once(boat, sandbox):
    Life.boat, Life.sandbox = boat, sandbox
    checks = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=12, stateful_step_count=10, deadline=None, suppress_health_check=checks
        ),
    )
