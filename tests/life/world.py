"""The world of the machine: two clients who write to the same people, a provider and a clock, and what must hold after each step."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import cycle
from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from pipelines import clock
from pipelines.actions.packets.hold import release_hold
from pipelines.actions.packets.pause import resume
from pipelines.actions.packets.recount_packets import find_flaws
from pipelines.billing.proofs import differences
from pipelines.consent.suppression import ALL_CHANNELS, lift
from pipelines.events.cancelling import finish_cancelled
from pipelines.events.waiting import watch_waits
from pipelines.store.files import Files
from pipelines.store.unit_of_work import UnitOfWork
from tests.life import laws
from tests.life.clinic import Clinic, Oracle, looked_at
from tests.sending import phones

PEOPLE = 4
PASSING = "30003"  # the phone is off: the provider says that a second attempt may reach it
REPORTS = {
    "sent": ("sent", 4, None),
    "delivered": ("delivered", 5, None),
    "undelivered": ("undelivered", 5, "30005"),
    "passing": ("undelivered", 5, PASSING),
    "failed": ("failed", 5, "30007"),
}
STAGES = ("claim", "begin", "call", "record")


class World(RuleBasedStateMachine):
    """`actor` is the client to which the newest step belongs; None for what concerns everybody."""

    database = folder = sandbox = None  # set by the test

    @initialize(credit=st.sampled_from([0, 10, 200]))
    def begin(self, credit):
        self.people = phones(PEOPLE, first=uuid4().int % 9_000_000 + 1_000_000)
        self.clinics = []
        for paid in (credit, 200):
            self.clinics.append(Clinic(self.database, self.folder, self.sandbox, paid))
        self.worker = self.clinics[0].engine
        self.oracle = Oracle(self.sandbox.config.folder)
        self.passed = timedelta(0)
        self.on_hold = False
        self.platform_stopped = set()
        self.reports = defaultdict(set)  # what the provider has reported, by attempt
        self.all_applied = True
        self.actor = None
        for clinic in self.clinics:
            clinic.assemble(self.people, hours=30)
        self.seen = [looked_at(clinic) for clinic in self.clinics]

    @property
    def now(self):
        return datetime.now(UTC) + self.passed

    def some(self, *states):
        """Whether some messages are in these states."""
        return any(row.state in states for seen in self.seen for row in seen["messages"])

    def packet(self, clinic, place):
        return list(clinic.packets)[place % len(clinic.packets)]

    def files(self, clinic):
        files = Files(clinic.settings)
        files.spool_folder()
        return files

    def is_held(self, clinic, packet):
        return self.on_hold or clinic.is_held(packet)

    def may_be_sent(self, clinic, to):
        return to not in self.platform_stopped and not clinic.stopped[to]

    def acting(self, who):
        self.actor = who
        return self.clinics[who]

    def work(self, clinic, packet, number, until, fates):
        with clock.set_to(self.now):
            lane = clinic.lane(packet, number)
            if lane is None:
                return
            self.claim(clinic, lane)
            stages = STAGES[1 : STAGES.index(until) + 1]
            if "begin" in stages:
                begun = lane.begin()
                assert not (begun and self.is_held(clinic, packet)), "begun while paused or cancelled"
            if "call" in stages:
                lane.call(cycle(fates))
            if "record" in stages:
                lane.record()

    def claim(self, clinic, lane):
        began = clock.now()
        calls = lane.claim()
        assert not calls or clinic.opens(began) == began, "claimed outside its hours"
        assert not (calls and self.is_held(clinic, lane.packet)), "claimed while paused or cancelled"
        for call in calls:
            for message in call.messages:
                assert self.may_be_sent(clinic, message.address), "claimed for somebody who said stop"
                assert clinic.deadlines[lane.packet, message.address] > began, "claimed after its deadline"
        if calls:
            [charge] = clinic.select("select state from packet_charge where packet_id = :p", p=lane.packet)
            assert charge.state == "reserved", "claimed without credit"

    def check_books(self, clinic):
        with clinic.uow() as uow:
            assert differences(uow) == []
        with UnitOfWork(self.worker, every_client=True) as uow:
            rows_of_file = "rows_differ"  # nothing was loaded from a file
            flaws = [flaw for flaw in find_flaws(uow, list(clinic.packets)) if flaw.code != rows_of_file]
        assert flaws == []

    def end_pause(self, clinic, key):
        if key[1] not in clinic.cancelled:
            resume(self.worker, clinic.client, clinic.subject(*key), by="ann")
        clinic.paused.discard(key)

    def pass_time(self, duration):
        self.passed += duration
        for clinic in self.clinics:
            for lane in clinic.lanes.values():
                lane.reset_clock()

    def pulse(self):
        with clock.set_to(self.now):
            watch_waits(self.worker)
            finish_cancelled(self.worker)

    def unknown_calls(self, *of):
        """The calls whose outcome nobody knows, each with its attempt: of these clients, or of all."""
        unknown = (
            "select call.id, attempt.id as attempt from provider_call as call join attempt on attempt.call_id = call.id"
            " where call.packet_id = any(:packets) and call.state = 'unknown' order by call.id"
        )
        return [
            call
            for clinic in of or self.clinics
            for call in clinic.select(unknown, packets=list(clinic.packets))
        ]

    def journal(self):
        numbers = {clinic.number for clinic in self.clinics}
        return [message for message in self.oracle.messages() if message.sender in numbers]

    @invariant()
    def the_laws_hold(self):
        if not hasattr(self, "seen"):
            return
        before, self.seen = self.seen, [looked_at(clinic) for clinic in self.clinics]
        journal = Counter(UUID(message.attempt) for message in self.journal())
        gave_way = {attempt for attempt, names in self.reports.items() if "passing" in names}
        for clinic, was, now in zip(self.clinics, before, self.seen, strict=True):
            laws.hold(clinic, was, now, journal, gave_way)
        if self.actor is not None:
            then, now = before[1 - self.actor], self.seen[1 - self.actor]
            assert {table for table in then if then[table] != now[table]} == set(), (
                "rows of another client moved"
            )
        if self.all_applied:
            self.the_highest_report_counts()

    def the_highest_report_counts(self):
        for clinic, seen in zip(self.clinics, self.seen, strict=True):
            newest = {(row.message_id, row.attempt_no): row.id for row in seen["tries"]}
            for message in seen["messages"]:
                reports = self.reports[newest.get((message.id, message.attempt_no))]
                if (
                    reports
                    and (message.packet_id, message.row_no) not in clinic.erased
                    and not message.failed_attempt_no
                ):
                    states = {REPORTS[name][0] for name in reports}
                    highest = max(laws.RANK[state] for state in states)
                    assert laws.RANK.get(message.state, 0) >= highest, f"{message.state} after {states}"

    def clean_up(self):
        for clinic in self.clinics:
            clinic.close()
        if self.on_hold:
            release_hold(self.worker, self.folder, by="ops")
        with UnitOfWork(self.worker, every_client=True) as uow:
            for to in self.platform_stopped:
                lift(uow, None, ALL_CHANNELS, to, by="ops", because="the test is over")
            uow.commit()
