"""A storm of callbacks over many connections: repeated, in any order, forged, cut off, oversized and about others' messages, while PostgreSQL stops.

What was answered with 200 is in the database, each message ends in its right state, and each refused call is counted by its kind.
"""

import asyncio
import random
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode, urlsplit

import pytest
import uvicorn
from sqlalchemy import text
from twilio.request_validator import RequestValidator

from pipelines.bootstrap import Packetboat, secrets_of
from pipelines.events.apply import apply_events
from pipelines.settings import Settings
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_business
from tests.chaos.ground import everybody_got_one_that_was_paid_for, pay_for, sandbox_process
from tests.conftest import SECRETS
from tests.fixtures_sandbox import eventually
from tests.sending import boat_for, make_sending, phones
from webapp.front.connection import Connection
from webapp.front.gate import Gate, Limits
from webapp.front.quiet import Quiet
from webapp.public.hooks import Hooks

CONNECTIONS = 32
FINAL = ("delivered", "delivered", "delivered", "undelivered")
REASONS = {403: "forged", 406: "unreadable", 413: "too_long"}


@dataclass(frozen=True)
class Call:
    """One HTTP request and the status it must get."""

    request: bytes
    status: int


class Provider:
    """Makes the calls, as Twilio does and as strangers would."""

    def __init__(self, boat):
        self.url = f"{boat.settings.callback_base}/hooks/twilio"
        self.genuine = RequestValidator(boat.secrets["twilio_auth_token"])
        self.stranger = RequestValidator("another account's token")

    def call(self, row, status=None, *, to=None, signed_by=None, cut=0, more="", expected=200):
        url = f"{self.url}?attempt={row.id}"
        form = {"MessageSid": row.provider_ref, "To": to or row.address}
        form |= ({"MessageStatus": status} if status else {}) | ({"Padding": more} if more else {})
        signature = (signed_by or self.genuine).compute_signature(url, form)
        body, place = urlencode(form).encode(), urlsplit(url)
        body = body[: len(body) - cut]
        head = (
            f"POST {place.path}?{place.query} HTTP/1.1",
            f"Host: {place.netloc}",
            f"X-Twilio-Signature: {signature}",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
        )
        return Call("\r\n".join(head).encode() + b"\r\n\r\n" + body, expected)

    def storm(self, rows, final, dice):
        """All calls about these messages, in a random order. Nothing but the genuine reports may have an effect."""
        calls = []
        for row, other in zip(rows, [*rows[1:], rows[0]], strict=True):
            genuine = [self.call(row, "sent"), self.call(row, final[row.id])]
            calls += genuine + dice.choices(genuine, k=dice.randrange(3))
            # Signed, but harmful and about the message of another: believed of nobody.
            calls += [self.call(row, "failed", to=other.address)] * (dice.random() < 0.2)
            calls += [self.call(row, "failed", signed_by=self.stranger, expected=403)] * (dice.random() < 0.2)
            calls += [self.call(row, "failed", cut=5, expected=403)] * (dice.random() < 0.1)
            calls += [self.call(row, expected=406)] * (dice.random() < 0.1)
            calls += [self.call(row, "failed", more="x" * 2**18, expected=413)] * (dice.random() < 0.02)
        dice.shuffle(calls)
        return calls


class Storm:
    """Posts the calls over many connections; like a provider, it repeats what is answered with 503."""

    def __init__(self, port, calls):
        self.port, self.left = port, deque(calls)
        self.answers = Counter()
        self.cut_off = 0
        self.wrong = []

    async def run(self):
        async with asyncio.TaskGroup() as group:
            for _ in range(CONNECTIONS):
                group.create_task(self.connection())

    async def connection(self):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        while self.left:
            call = self.left.popleft()
            if random.random() < 0.01:
                writer.write(call.request[:-3])
                writer.close()
                self.cut_off += 1
                self.left.append(call)
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                continue
            writer.write(call.request)
            head = await reader.readuntil(b"\r\n\r\n")
            status = int(head.split()[1])
            self.answers[status] += 1
            if status == 503:
                self.left.append(call)
                await asyncio.sleep(0.1)
            elif status != call.status:
                self.wrong.append((status, call.status))
        writer.close()


@pytest.fixture
def boat(own_server, tmp_path):
    settings = Settings(_env_file=None, home=tmp_path, public_url="http://portal.test")
    return Packetboat(settings, secrets_of(settings) | SECRETS, own_server.running().url())


@pytest.fixture
def front(boat):
    """The hooks on a port, without the portal's pages; yields the port."""
    hooks = Hooks(boat, boat.engine("app"))
    gate = Gate(Limits())
    program = uvicorn.Server(
        uvicorn.Config(
            Quiet(hooks), port=0, lifespan="off", log_level="error", http=partial(Connection, gate)
        )
    )

    async def serve():
        await program.serve()
        await hooks.close()

    thread = threading.Thread(target=asyncio.run, args=[serve()])
    thread.start()
    eventually(lambda: program.started, within=60)
    yield program.servers[0].sockets[0].getsockname()[1]
    program.should_exit = True
    thread.join(30)


@pytest.fixture
def sender(boat, tmp_path):
    """Sends packets to a sandbox, whose journal is in `home`."""
    worker = boat.engine("worker")
    with sandbox_process(tmp_path / "provider") as url:
        yield boat_for(worker, make_business(worker), tmp_path, url)


ATTEMPTS = """
select attempt.id, message.address, call.provider_ref
from provider_call as call
join attempt on attempt.call_id = call.id
join message on message.id = attempt.message_id
where call.packet_id = :packet and call.state = 'accepted'
"""


def accepted(sender, messages):
    """A packet whose messages were paid for and accepted a moment ago, and their attempts."""
    packet = make_sending(sender.worker, sender.business, phones(messages))
    pay_for(sender, packet)
    sender.run("dispatch", packet, "sms lane 1")
    rows = sender.rows(ATTEMPTS, packet=packet)
    assert len(rows) == messages
    return packet, rows


def select(boat, query, **parameters):
    with UnitOfWork(boat.engine("worker"), every_client=True) as uow:
        return uow.all(text(query), parameters)


def stop_in_the_middle(server, storm, calls):
    """PostgreSQL stops when half of the calls are answered, and comes back after a second."""
    eventually(lambda: len(storm.left) < calls / 2, within=280)
    server.stop()
    time.sleep(1.0)
    server.start()


@pytest.mark.parametrize("messages", [300, pytest.param(4_000, marks=pytest.mark.chaos)])
def test_a_storm_of_callbacks_loses_nothing_and_believes_nobody_else(
    own_server, boat, front, sender, tmp_path, messages
):
    dice = random.Random(2026)
    packet, rows = accepted(sender, messages)
    final = {row.id: dice.choice(FINAL) for row in rows}
    provider = Provider(boat)
    calls = provider.storm(rows, final, dice)
    storm = Storm(front, calls)
    breaking = threading.Thread(target=stop_in_the_middle, args=(own_server, storm, len(calls)))
    breaking.start()
    asyncio.run(storm.run())
    breaking.join(60)
    assert storm.wrong == []
    assert storm.answers[503] > 0, "the database was away"
    assert {status: storm.answers[status] for status in (200, *REASONS)} == Counter(
        call.status for call in calls
    )
    answered = {call.request for call in calls if call.status == 200}
    ((stored,),) = select(boat, "select count(*) from event_inbox")
    assert stored == len(answered), "each once, and nothing that was answered with 200 is lost"
    apply_events(boat.engine("worker"))
    ended = "select attempt.id, state from message join attempt on attempt.message_id = message.id"
    assert dict(map(tuple, select(boat, ended))) == final
    everybody_got_one_that_was_paid_for(sender, packet, tmp_path / "provider")
    time.sleep(1.1)  # then the next refusal writes down those of the last second
    asyncio.run(Storm(front, [provider.call(rows[0], signed_by=provider.stranger, expected=403)]).run())
    counted = dict(map(tuple, select(boat, "select reason, sum(refused) from hook_refusal group by reason")))
    expected = Counter(REASONS[call.status] for call in calls if call.status in REASONS)
    assert counted.pop("repeated") > 0
    assert counted == expected + Counter(forged=1, cut_off=storm.cut_off)
