"""Suppressions and campaigns together: whoever is suppressed before a claim gets nothing, and no upload undoes it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from pipelines.consent.suppression import ALL_CHANNELS, BY_THE_PERSON, lift, lift_by_person, suppress
from pipelines.domain.suppression import Reason
from pipelines.steps.dispatch.claim import Claims, Terms
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import sandbox
from tests.sending import boat_for, make_sending, phones
from tests.steps.assembling import ANA, EMAIL, SMS, Bench

__all__ = ["sandbox"]

ADDRESSES = tuple(f"+1212555011{digit}" for digit in range(4))
address = st.sampled_from(ADDRESSES)
channel = st.sampled_from(["sms", ALL_CHANNELS, "voice"])
OWN_REASONS = sorted(set(Reason) - {Reason.COMPLAINED, Reason.WRONG_NUMBER})  # the others outlive the example


class People(RuleBasedStateMachine):
    """A client that uploads the same people again and again while they opt out and in. `wishes` is what stands against each address."""

    database = tmp_path = None

    @initialize()
    def begin(self):
        self.bench = Bench(self.database, self.tmp_path, texts=[SMS, EMAIL])
        self.client = self.bench.business.client_id
        self.wishes: set[tuple[str, str, str]] = set()
        self.packets = []

    def may_be_sent(self, to):
        return not any(one == to and channel in ("sms", ALL_CHANNELS) for one, channel, _ in self.wishes)

    def uow(self):
        return UnitOfWork(self.database.engine("worker"), self.client)

    @rule(to=address, channel=channel, reason=st.sampled_from(OWN_REASONS))
    def somebody_opts_out(self, to, channel, reason):
        with self.uow() as uow:
            suppress(uow, self.client, channel, to, reason, "reply")
            uow.commit()
        self.wishes.add((to, channel, reason))

    @rule(to=address, channel=channel)
    def somebody_opts_in(self, to, channel):
        with self.uow() as uow:
            lift_by_person(uow, self.client, channel, to, "reply START")
            uow.commit()
        self.wishes -= {
            wish
            for wish in self.wishes
            if wish[0] == to and wish[1] in (channel, ALL_CHANNELS) and wish[2] in BY_THE_PERSON
        }

    @rule(to=address)
    def staff_lifts(self, to):
        with self.uow() as uow:
            lift(uow, self.client, "sms", to, by="ana", because="they called")
            uow.commit()
        self.wishes -= {wish for wish in self.wishes if wish[:2] == (to, "sms")}

    @rule(to=address)
    def somebody_is_forgotten(self, to):
        with self.uow() as uow:
            uow.execute(text("update suppression set address = null where address = :to"), {"to": to})
            uow.commit()

    @rule(people=st.lists(address, min_size=1, max_size=4, unique=True))
    def upload(self, people):
        packet = self.bench.new_packet()
        self.bench.rows(*(ANA | {"phone": to} for to in people), packet=packet)
        self.bench.run(packet=packet)
        states = self.bench.select("select address, state from message where packet_id = :p", p=packet)
        assert {row.address: row.state for row in states} == {
            to: "ready" if self.may_be_sent(to) else "suppressed" for to in people
        }
        with self.uow() as uow:
            uow.execute(text("update data_packet set state = 'sending' where id = :p"), {"p": packet})
            uow.commit()
        self.packets.append(packet)

    @rule(place=st.integers(min_value=0))
    def claim(self, place):
        if not self.packets:
            return
        packet = self.packets[place % len(self.packets)]
        terms = Terms(
            client_id=self.client, packet_id=packet, channel="sms", provider="twilio", sender_id=uuid4(), owner=uuid4(),
            per_group=2, per_call=1, lease_seconds=60,
        )  # fmt: skip
        with LaneDatabase(self.database.engine("worker"), self.client) as lane:
            calls = Claims(lane, terms).next_calls()
        claimed = [message.address for call in calls for message in call.messages]
        assert all(self.may_be_sent(to) for to in claimed)

    @invariant()
    def what_stands_against_people_is_what_they_said(self):
        if not hasattr(self, "client"):
            return
        with self.uow() as uow:
            rows = uow.all(text("select address_hash, channel, reason from suppression"))
            hashes = {
                to: uow.scalar(text("select address_hash(:to)"), {"to": to})
                for to in {wish[0] for wish in self.wishes}
            }
        assert {tuple(row) for row in rows} == {
            (hashes[to], channel, reason) for to, channel, reason in self.wishes
        }


def test_whoever_is_suppressed_before_a_claim_gets_nothing(database, business, tmp_path):
    People.database, People.tmp_path = database, tmp_path
    run_state_machine_as_test(
        People,
        settings=settings(
            max_examples=12, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.fixture
def boat(database, business, sandbox, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, sandbox.url)


def test_a_stop_while_a_packet_is_sent_holds_at_the_next_claim(boat, sandbox, monkeypatch):
    """The lane is between its first claim and its second. Whoever is not claimed yet when STOP is committed gets nothing."""
    people = phones(600)
    packet = make_sending(boat.worker, boat.business, people)
    late = people[-20:]
    has_claimed, stopped, usual = threading.Event(), threading.Event(), Claims.next_calls

    def next_calls(claims, size=None):
        if has_claimed.is_set():
            assert stopped.wait(60)
        calls = usual(claims, size)
        has_claimed.set()
        return calls

    monkeypatch.setattr(Claims, "next_calls", next_calls)
    with ThreadPoolExecutor(1) as pool:
        lane = pool.submit(boat.run, "dispatch", packet, "sms lane 1")
        assert has_claimed.wait(60)
        with UnitOfWork(boat.worker, boat.business.client_id) as uow:
            for one in late:
                suppress(uow, boat.business.client_id, "sms", one, Reason.OPTED_OUT, "reply")
            uow.commit()
        stopped.set()
        lane.result(timeout=120)
    assert not set(late) & {message.to for message in sandbox.journal()}
    of_late = boat.rows(
        "select state, error_code, count(*) from message where address = any(:late) group by 1, 2", late=late
    )
    assert of_late == [("suppressed", "opted_out", 20)]
