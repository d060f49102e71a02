"""The life of messages of two clients who write to the same people, in any order of everything that may happen to them.

The provider's journal is the oracle; what must hold after each step is in `laws`.
"""

import contextlib
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from pipelines import clock
from pipelines.actions.billing.refund import RefundRefused, refund
from pipelines.actions.messages.decide import AlreadyDecided, decide_call
from pipelines.actions.messages.reconcile import reconcile
from pipelines.actions.packets.cancel import cancel
from pipelines.actions.packets.hold import begin_hold, release_hold
from pipelines.actions.packets.pause import pause, resume
from pipelines.actions.packets.subjects import ControlRefused
from pipelines.actions.people.erase import erase_person
from pipelines.actions.people.read_replies import read_replies
from pipelines.consent.erasure import DuePacket, erase_packet
from pipelines.consent.suppression import ALL_CHANNELS, lift, suppress, suppress_on_platform
from pipelines.domain.replies import InboundReply
from pipelines.domain.sending import ProviderEvent
from pipelines.domain.suppression import Reason
from pipelines.errors import NotFound, TryLater
from pipelines.events.apply import apply_events
from pipelines.events.inbox import store
from pipelines.events.sweep import close_dead_calls
from pipelines.replies import inbox
from pipelines.states import MessageState
from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import SECRETS
from tests.life import laws
from tests.life.clinic import FATES
from tests.life.world import PEOPLE, REPORTS, STAGES, World

who = st.integers(0, 1)
place = st.integers(0, 30)
person = st.integers(0, PEOPLE - 1)
until = st.sampled_from(["", *STAGES, "record", "record"])
fates = st.lists(st.sampled_from([*FATES, "made", "made", "made"]), min_size=4, max_size=4)
scope = st.sampled_from(["packet", "packet", "campaign", "client"])


class Lives(World):
    """What may happen. It ends with everything that was begun."""

    # Sending

    @rule(
        who=who,
        people=st.lists(person, min_size=1, max_size=PEOPLE, unique=True),
        hours=st.sampled_from([2, 30, 300]),
        until=until,
        fates=fates,
    )
    def assemble(self, who, people, hours, until, fates):
        """A packet is assembled, and its first lane gets as far as `until`."""
        clinic, people = self.acting(who), [self.people[one] for one in people]
        with clock.set_to(self.now):
            packet, now = clinic.assemble(people, hours), clock.now()
        in_time = clinic.opens(now) < now + timedelta(hours=hours)
        rows = clinic.select("select address, state from message where packet_id = :p", p=packet)
        assert {row.address: row.state for row in rows} == {
            to: ("ready" if in_time else "expired") if self.may_be_sent(clinic, to) else "suppressed"
            for to in people
        }
        if until:
            self.work(clinic, packet, 0, until, fates)

    @precondition(lambda self: self.some("ready", "sending"))
    @rule(who=who, place=place, number=st.integers(0, 1), until=until, fates=fates)
    def run_a_lane(self, who, place, number, until, fates):
        """A lane begins, or goes on where it was, until it has done what `until` says."""
        clinic = self.acting(who)
        self.work(clinic, self.packet(clinic, place), number, until or "claim", fates)

    @precondition(lambda self: any(lane.at_work for clinic in self.clinics for lane in clinic.lanes.values()))
    @rule(who=who, place=place, dies=st.booleans())
    def a_lane_freezes_or_dies(self, who, place, dies):
        clinic = self.acting(who)
        at_work = [lane for lane in clinic.lanes.values() if lane.at_work]
        if at_work:
            lane = at_work[place % len(at_work)]
            lane.die() if dies else lane.freeze()

    @precondition(lambda self: self.some("sending"))
    @rule()
    def sweep(self):
        self.actor = None
        for clinic in self.clinics:
            clinic.end_leases()
        with clock.set_to(self.now):
            close_dead_calls(self.worker)

    @rule(who=who, place=place)
    def settle(self, who, place):
        clinic = self.acting(who)
        packet = self.packet(clinic, place)
        if clinic.at_work(packet):
            return
        with clock.set_to(self.now):
            clinic.run("settle", packet)
        self.check_books(clinic)

    # What the provider says

    @precondition(lambda self: self.journal())
    @rule(
        place=place,
        reports=st.lists(st.sampled_from(sorted(REPORTS)), min_size=1, max_size=3),
        times=st.integers(1, 2),
    )
    def reports_come(self, place, reports, times):
        self.actor = None
        ours = self.journal()
        message = ours[place % len(ours)]
        for name in reports * times:
            state, rank, code = REPORTS[name]
            event = ProviderEvent(
                "twilio", f"{message.id} {name}", MessageState(state), rank, UUID(message.attempt), message.id,
                message.to, error_code=code,
            )  # fmt: skip
            store(self.worker, [event], {})
            self.reports[UUID(message.attempt)].add(name)
        self.all_applied = False

    @precondition(lambda self: not self.all_applied)
    @rule()
    def apply(self):
        self.actor = None
        with clock.set_to(self.now):
            apply_events(self.worker)
        self.all_applied = True

    @precondition(lambda self: self.some("unknown"))
    @rule(minutes=st.sampled_from([2, 6, 13]))
    def look_it_up(self, minutes):
        self.pass_time(timedelta(minutes=minutes))
        self.actor = None
        with clock.set_to(self.now):
            reconcile(self.worker, self.clinics[0].boat.settings, SECRETS)
        self.all_applied = True

    @precondition(lambda self: self.some("unknown"))
    @rule(who=who, place=place)
    def somebody_decides_what_is_true(self, who, place):
        clinic = self.acting(who)
        unknown = self.unknown_calls(clinic)
        if unknown:
            call = unknown[place % len(unknown)]
            with contextlib.suppress(AlreadyDecided), clock.set_to(self.now):
                received = str(call.attempt) in {message.attempt for message in self.journal()}
                decide_call(self.worker, clinic.client, call.id, received=received, by="ann")

    # Control and time

    @rule(who=who, scope=scope, place=place)
    def pause(self, who, scope, place):
        clinic = self.acting(who)
        key = (scope, self.packet(clinic, place) if scope == "packet" else None)
        with contextlib.suppress(ControlRefused):
            pause(self.worker, clinic.client, clinic.subject(*key), by="ann")
            assert key not in clinic.paused
            clinic.paused.add(key)

    @precondition(lambda self: any(clinic.paused for clinic in self.clinics))
    @rule(who=who, place=place)
    def resume(self, who, place):
        clinic = self.acting(who)
        if clinic.paused:
            key = sorted(clinic.paused, key=str)[place % len(clinic.paused)]
            self.end_pause(clinic, key)

    @rule()
    def hold_or_release(self):
        self.actor = None
        if self.on_hold:
            release_hold(self.worker, self.folder, by="ops")
        else:
            begin_hold(self.worker, by="ops", reason=None)
        self.on_hold = not self.on_hold

    @rule(who=who, scope=st.sampled_from(["packet", "packet", "packet", "client"]), place=place)
    def cancel(self, who, scope, place):
        clinic = self.acting(who)
        packet = self.packet(clinic, place)
        cancelled = "select distinct packet_id from pause where final and packet_id = any(:packets)"
        with contextlib.suppress(ControlRefused), clock.set_to(self.now):
            cancel(self.worker, clinic.client, clinic.subject(scope, packet), by="ann")
        clinic.cancelled |= {row.packet_id for row in clinic.select(cancelled, packets=list(clinic.packets))}
        ready = "select from message where packet_id = any(:packets) and state = 'ready'"
        assert not clinic.select(ready, packets=list(clinic.cancelled))

    @rule(hours=st.sampled_from([1, 3, 14, 40]))
    def time_passes(self, hours):
        self.actor = None
        self.pass_time(timedelta(hours=hours))
        self.pulse()

    # Money

    @rule(who=who, minor=st.integers(1, 3))
    def the_price_changes(self, who, minor):
        self.acting(who).change_price(minor)

    @rule(who=who, minor=st.sampled_from([1, 5, 40]), times=st.integers(1, 2))
    def pay(self, who, minor, times):
        clinic, key = self.acting(who), uuid4().hex
        for time in range(times):
            assert clinic.pay(minor, key=key) == (time == 0)
        clinic.paid += minor

    @precondition(lambda self: self.some(*laws.TAKEN))
    @rule(who=who, place=place, minor=st.sampled_from([1, None]))
    def give_back(self, who, place, minor):
        clinic = self.acting(who)
        messages = [row for row in self.seen[who]["messages"] if row.price_minor]
        if not messages:
            return
        message = messages[place % len(messages)]
        charged = message.price_minor if message.state in laws.TAKEN else 0
        left = charged - clinic.refunds[message.id]
        try:
            back = refund(clinic.app, clinic.client, message.id, reason=uuid4().hex, minor=minor)
        except RefundRefused:
            assert left < 1
        else:
            assert 0 < back == (minor or left) <= left
            clinic.refunds[message.id] += back

    # People

    @rule(who=who, one=person, word=st.sampled_from(["STOP", "STOP", "START"]))
    def somebody_answers(self, who, one, word):
        clinic, to = self.acting(who), self.people[one]
        reply = InboundReply("twilio", uuid4().hex, "sms", (clinic.number,), to, word)
        inbox.store(self.worker, [reply])
        read_replies(self.worker)
        change = clinic.stopped[to].add if word == "STOP" else clinic.stopped[to].discard
        change(Reason.OPTED_OUT)

    @rule(who=who, one=person, lifts=st.booleans())
    def the_client_blocks_or_lifts(self, who, one, lifts):
        clinic, to = self.acting(who), self.people[one]
        with clinic.uow() as uow:
            if lifts:
                lift(uow, clinic.client, "sms", to, by="ann", because="they called", lift_all=True)
            else:
                suppress(uow, clinic.client, ALL_CHANNELS, to, Reason.BLOCKED, "portal")
            uow.commit()
        clinic.stopped[to] = set() if lifts else clinic.stopped[to] | {Reason.BLOCKED}

    @rule(one=person)
    def the_platform_suppresses_or_lifts(self, one):
        self.actor, to = None, self.people[one]
        with UnitOfWork(self.worker, every_client=True) as uow:
            if to in self.platform_stopped:
                lift(uow, None, ALL_CHANNELS, to, by="ops", because="a mistake")
            else:
                suppress_on_platform(uow, [to], Reason.WRONG_NUMBER, "ops")
            uow.commit()
        self.platform_stopped ^= {to}

    @rule(who=who, one=person)
    def erase_somebody(self, who, one):
        clinic, to = self.acting(who), self.people[one]
        try:
            with clock.set_to(self.now):
                erase_person(self.worker, self.files(clinic), clinic.client, to)
        except TryLater:
            return
        clinic.erased |= {
            (packet, people.index(to) + 1) for packet, people in clinic.packets.items() if to in people
        }
        tables = (
            "message",
            "clean_row",
            "data_packet_row",
            "held_row",
            "reply",
            "suppression",
            "consent_record",
        )
        for table in tables:
            rows = clinic.select(
                f"select from {table} as one where cast(one as text) like '%' || :to || '%'", to=to
            )
            assert not rows, f"{table} still has the address"

    @rule(who=who, place=place)
    def erase_a_packet(self, who, place):
        """As its retention ends it; only what is over is erased."""
        clinic = self.acting(who)
        over = {row.id for row in self.seen[who]["packets"] if row.state == "settled"}
        over -= {row.packet_id for row in self.seen[who]["messages"] if row.state in laws.OPEN}
        over = [packet for packet in clinic.packets if packet in over and not clinic.at_work(packet)]
        if over:
            packet = over[place % len(over)]
            erase_packet(self.worker, self.files(clinic), DuePacket(packet, clinic.client, "none"))
            clinic.erased |= {(packet, row) for row in range(1, len(clinic.packets[packet]) + 1)}

    # Between the clients

    @rule(who=who, place=place)
    def another_client_meddles(self, who, place):
        clinic, other = self.acting(who), self.clinics[1 - who]
        packet = self.packet(other, place)
        for action in (pause, resume, cancel):
            with pytest.raises(NotFound):
                action(self.worker, clinic.client, other.subject("packet", packet), by="mallory")
        for message in self.seen[1 - who]["messages"][:1]:
            with pytest.raises(NotFound):
                refund(clinic.app, clinic.client, message.id, reason="mine")
        assert not clinic.select("select from message where packet_id = :p", p=packet)

    def teardown(self):
        if not hasattr(self, "seen"):
            return
        try:
            self.let_everything_end()
        finally:
            self.clean_up()

    def let_everything_end(self):
        """Lanes end, pauses end, there is credit, and nothing is unknown: then each message has an end, and each packet adds up."""
        if self.on_hold:
            self.hold_or_release()
        for number, clinic in enumerate(self.clinics):
            for key in sorted(clinic.paused, key=str):
                self.end_pause(clinic, key)
            self.pay(number, 1_000, 1)
            for lane in clinic.lanes.values():
                if lane.at_work:
                    lane.die()
        self.sweep()
        for _ in range(3):
            self.look_it_up(13)
        self.decide_the_rest()
        self.pulse()
        for clinic in self.clinics:
            self.send_the_rest(clinic)
        self.actor = None
        self.the_laws_hold()
        for seen in self.seen:
            assert not {row.state for row in seen["messages"]} & laws.OPEN
            assert {row.state for row in seen["packets"]} <= {"settled"}

    def decide_the_rest(self):
        for number, clinic in enumerate(self.clinics):
            for _ in self.unknown_calls(clinic):
                self.somebody_decides_what_is_true(number, 0)

    def send_the_rest(self, clinic):
        self.pass_time(clinic.opens(self.now) - self.now)
        for place, packet in enumerate(clinic.packets):
            for _ in range(PEOPLE):
                self.work(clinic, packet, 0, "record", ["made"])
            self.settle(self.clinics.index(clinic), place)
