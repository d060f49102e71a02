"""One client of the machine: its packets, its lanes, a step at a time, and what is known of its people and its money."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import text

from pipelines import clock
from pipelines.domain.sending import CLAIM_SECONDS, Answer, Verdict
from pipelines.errors import StepFailed
from pipelines.events.pauses import Subject
from pipelines.providers.carriers import carrier_named
from pipelines.sandbox.journal import MESSAGES, Accepted
from pipelines.steps import dispatch
from pipelines.steps.assemble.hours import CLOSES_EARLY
from pipelines.steps.dispatch.claim import Claims, Terms
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.steps.dispatch.record import Recorder
from pipelines.steps.dispatch.send import Sent
from tests.billing.paying import START, Paying, PriceLine, import_
from tests.builders import REMINDER
from tests.fixtures_sandbox import SECRETS
from tests.sending import boat_for
from tests.steps.assembling import ANA, local

LEASE = 600.0
OPENS, CLOSES = 8, 20  # hours of the day, where the people are
WINDOW = {"window": {"hours": f"{OPENS:02}:00-{CLOSES:02}:00"}}
GROUP = 2
# What may happen to a call, and whether the provider gets it.
FATES = {
    "made": (True, None),
    "lost": (True, Answer(Verdict.UNKNOWN, error_code="deadline")),
    "never made": (False, Answer(Verdict.UNKNOWN, error_code="deadline")),
    "refused": (False, Answer(Verdict.REFUSED, http_status=400, error_code="21211")),
    "put off": (False, Answer(Verdict.RETRY, retry_after=0.0)),
    "down": (False, Answer(Verdict.PROVIDER_DOWN)),
}


class Oracle:
    """The provider's journal, of which only what is new is read."""

    def __init__(self, folder) -> None:
        self._path, self._read, self._messages = folder / MESSAGES, 0, []

    def messages(self) -> list[Accepted]:
        if self._path.exists():
            with self._path.open("rb") as lines:
                lines.seek(self._read)
                for line in lines:
                    self._messages.append(Accepted(**json.loads(line)))
                    self._read += len(line)
        return self._messages


class Clinic(Paying):
    """`stopped` are the people who want or get nothing, by reason; `deadlines` and `prices` belong to packet and person."""

    def __init__(self, database, folder, sandbox, credit) -> None:
        super().__init__(database, folder, credit=credit, details=REMINDER | WINDOW)
        # Where it is about 10:00 when the machine starts, so that it does the same at every hour of the day.
        ahead = (10 - datetime.now(UTC).hour + 12) % 24 - 12
        self.zone = f"Etc/GMT{-ahead:+d}"
        self.boat = boat_for(
            self.engine, self.business, folder, sandbox.url, call_timeout=30.0, connect_timeout=30.0
        )
        self.client = self.business.client_id
        self.number = f"+1303{uuid4().int % 9_000_000 + 1_000_000}"
        sender = "update sender set address = :number where channel = 'sms' returning id"
        [self.sender] = self.boat.returning(sender, number=self.number)
        self.carrier = carrier_named("twilio", self.boat.settings, SECRETS)
        self.paid, self.price = credit, 2
        self.packets, self.lanes, self.dead = {}, {}, []
        self.stopped: dict[str, set[str]] = defaultdict(set)
        self.deadlines, self.prices, self.refunds, self.erased = {}, {}, defaultdict(int), set()
        self.paused, self.cancelled = set(), set()

    def close(self) -> None:
        self.carrier.close()
        for lane in self.lanes.values():
            lane.close()

    def change_price(self, minor: int) -> None:
        import_(self.app, self.client, [PriceLine(START, "sms", "*", "segment", minor), *EMAIL])
        self.price = minor

    def subject(self, scope: str, packet) -> Subject:
        if scope == "packet":
            return Subject(self.client, packet_id=packet)
        return Subject(self.client, self.business.campaign_id if scope == "campaign" else None)

    def is_held(self, packet) -> bool:
        """Whether its own client keeps a packet from being sent."""
        return packet in self.cancelled or bool(
            {("packet", packet), ("campaign", None), ("client", None)} & self.paused
        )

    def assemble(self, people, hours: int):
        """A new packet for these people, whose appointment is in so many hours."""
        packet, contact = self.new_packet(), clock.now() + timedelta(hours=hours)
        # Each packet has a text of its own: of equal texts to a person, a list does not tell which is which.
        row = ANA | {
            "first_name": f"Ana {len(self.packets)}", "contact_at": contact, "local_at": local(contact), "person_zone": self.zone,
        }  # fmt: skip
        self.rows(*(row | {"phone": to} for to in people), packet=packet)
        self.packets[packet] = list(people)
        self.run("assemble", packet)
        for to in people:
            self.deadlines[packet, to], self.prices[packet, to] = contact, self.price
        return packet

    def opens(self, moment: datetime) -> datetime:
        """The first moment of the people's hours at or after this one."""
        there = moment.astimezone(ZoneInfo(self.zone))
        opening = there.replace(hour=OPENS, minute=0, second=0, microsecond=0)
        closing = opening.replace(hour=CLOSES) - CLOSES_EARLY
        return max(there, opening) if there < closing else opening + timedelta(days=1)

    def lane(self, packet, number: int) -> "Lane | None":
        """The lane that is at work, or a new one; None if the packet lets none begin."""
        lane = self.lanes.get((packet, number))
        if lane and lane.at_work:
            return lane
        if lane:
            lane.close()
        self.lanes[packet, number] = lane = Lane(self, packet)
        return lane if lane.open() else None

    def at_work(self, packet) -> bool:
        return any(lane.at_work for (of, _), lane in self.lanes.items() if of == packet)

    def end_leases(self) -> None:
        """Let the time pass that lanes have which are dead or frozen."""
        self.boat.change(
            "update provider_call set lease_until = now() - interval '1 second',"
            " claimed_at = claimed_at - make_interval(secs => :seconds)"
            " where state = 'sending' and owner = any(:owners)",
            owners=self.dead,
            seconds=CLAIM_SECONDS,
        )


EMAIL = [PriceLine(START, "email", "*", "message", 1)]


class Lane:
    """A lane, a step at a time. It may die or freeze between any two; `late` are the calls that were in hand when it froze."""

    def __init__(self, clinic: Clinic, packet) -> None:
        self.clinic, self.packet = clinic, packet
        self.database = LaneDatabase(clinic.engine, clinic.client)
        self.terms = Terms(clinic.client, packet, "sms", "twilio", clinic.sender.id, uuid4(), GROUP, 1, LEASE)
        self.claims = Claims(self.database, self.terms)
        self.recorder = Recorder(self.database, packet, self.terms.owner, frozenset())
        self.hand, self.begun, self.ended = [], [], []
        self.late = set()

    @property
    def at_work(self) -> bool:
        return bool(self.hand or self.begun or self.ended)

    def close(self) -> None:
        self.database.__exit__()

    def reset_clock(self) -> None:
        """Let its next statement follow the clock, which only tests set."""
        self.database._close()

    def open(self) -> bool:
        """As dispatch begins. False if the packet has to wait, or must not be sent."""
        try:
            return dispatch._open(self.database, self.packet) is None
        except StepFailed:
            return False

    def claim(self) -> list:
        self.claims.restart()
        calls = self.claims.next_calls()
        self.hand += calls
        return calls

    def begin(self) -> list:
        starting, self.hand = self.hand, []
        begun = self.recorder.exchange([], starting).begun
        self.begun += begun
        ids = {call.id for call in begun}
        self.recorder.exchange([Sent(call, None) for call in starting if call.id not in ids], [])
        return begun

    def call(self, fates: Iterator[str]) -> None:
        """Call the provider. A call whose lease is over is not made, as in `Callers`."""
        for call in self.begun:
            arrives, answer = FATES[next(fates)]
            if call.id in self.late:
                arrives, answer = False, None
            if arrives:
                made = self.clinic.carrier.send(
                    call.messages, channel="sms", sender=self.clinic.number, callback_url=CALLBACKS
                )
                answer = answer or made
            self.ended.append(Sent(call, answer))
        self.begun = []

    def record(self) -> None:
        ended, self.ended = self.ended, []
        self.recorder.exchange(ended, [])

    def freeze(self) -> None:
        """Its leases end while it has calls in hand, of which it may have made some."""
        self.late |= {call.id for call in [*self.hand, *self.begun]}
        self.clinic.dead.append(self.terms.owner)

    def die(self) -> None:
        """What it has in hand or has heard is lost."""
        self.close()
        self.clinic.dead.append(self.terms.owner)
        self.hand, self.begun, self.ended = [], [], []


CALLBACKS = "http://127.0.0.1:9/hooks/twilio"


def looked_at(clinic: Clinic) -> dict[str, list]:
    """Everything of a client that another client must not move."""
    queries = {
        "messages": "select id, packet_id, row_no, state, attempt_no, failed_attempt_no, price_minor, address, body"
        " from message where packet_id = any(:packets) order by id",
        "tries": "select attempt.id, attempt.message_id, attempt.attempt_no, call.state from attempt"
        " join provider_call as call on call.id = attempt.call_id where call.packet_id = any(:packets) order by attempt.id",
        "packets": "select id, state from data_packet where id = any(:packets) order by id",
        "totals": "select * from packet_total where packet_id = any(:packets) order by packet_id",
        "charges": "select packet_id, state from packet_charge where packet_id = any(:packets) order by packet_id",
        "accounts": "select account.id, kind, balance_minor, coalesce(sum(entry.amount_minor), 0) as entered from account"
        " left join entry on entry.account_id = account.id group by account.id order by account.id",
        "pauses": "select id, final, ended_at from pause where client_id = :client order by id",
        "suppressions": "select address_hash, channel, reason from suppression order by address_hash, channel, reason",
        "rows": "select row.packet_id, row.row_no, row.cells, clean.phone from data_packet_row as row"
        " left join clean_row as clean on clean.packet_id = row.packet_id and clean.row_no = row.row_no"
        " where row.packet_id = any(:packets) order by row.packet_id, row.row_no",
    }
    with clinic.uow() as uow:
        these = {"packets": list(clinic.packets), "client": clinic.client}
        return {name: list(uow.all(text(query), these)) for name, query in queries.items()}
