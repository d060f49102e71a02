"""The sandbox and the lanes as real processes, and the books of both sides compared message by message."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit
from uuid import UUID

import requests
from sqlalchemy import text

from pipelines.billing.charge import charge_packet
from pipelines.billing.prices import Prices
from pipelines.channels import channels
from pipelines.cli.bench.setting import PRICE_MINOR
from pipelines.cli.bench.soak.oracle import audit, compare
from pipelines.domain.sending import CLAIM_SECONDS, HookRequest
from pipelines.errors import TryLater
from pipelines.events.apply import apply_events
from pipelines.events.inbox import store
from pipelines.providers.carriers import carrier_named
from pipelines.sandbox.journal import Accepted, read_messages
from pipelines.settings import PROJECT
from pipelines.store.unit_of_work import UnitOfWork
from tests.billing.paying import START, PriceLine, import_, pay
from tests.fixtures_sandbox import SECRETS, eventually
from tests.sending import Boat


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@contextmanager
def sandbox_process(home: Path):
    """The sandbox as its own process; yields its address. Its journal is in `home/sandbox`."""
    home.mkdir(exist_ok=True)
    (home / "secrets.json").write_text(json.dumps(SECRETS))
    port = free_port()
    command = [sys.executable, "-m", "pipelines.sandbox", "--port", str(port), "--home", str(home)]
    process = subprocess.Popen(command, cwd=PROJECT)
    try:
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: answers(url), within=120)
        yield url
    finally:
        LaneProcess.end_all()
        process.terminate()
        process.wait(20)


def answers(url: str) -> bool:
    try:
        return requests.get(url + "/sandbox/health", timeout=2).ok
    except requests.ConnectionError:
        return False


class LaneProcess:
    """A lane that runs in a process of its own."""

    started: ClassVar[list["LaneProcess"]] = []

    def __init__(self, boat: Boat, packet: UUID, lane: str) -> None:
        order = {
            "packet": str(packet),
            "lane": lane,
            "database": boat.worker.url.render_as_string(hide_password=False),
            "settings": json.loads(
                boat.settings.model_dump_json(exclude_none=True, exclude={"database_url"})
            ),
            "secrets": boat.secrets,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.lane_process"],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": str(PROJECT)},
            text=True,
        )
        self.process.stdin.write(json.dumps(order))
        self.process.stdin.close()
        self.started.append(self)

    @classmethod
    def end_all(cls) -> None:
        """Kill what a failed test has left: a frozen lane would hold locks against the next tests."""
        while cls.started:
            cls.started.pop().kill()

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        """kill -9, and gone when this returns."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def result(self, within: float = 120) -> dict:
        """What it said at its end."""
        self.process.wait(within)
        with self.process.stdout as said:
            return json.loads(said.read().splitlines()[-1])

    def accepted(self) -> int:
        """How many messages it sent. Fails, with the lane's reason, if it ended because it has to wait."""
        result = self.result()
        assert "accepted" in result, result
        return int(result["accepted"])


def journal(home: Path) -> list[Accepted]:
    """What the provider's side has accepted: the oracle."""
    return list(read_messages(home / "sandbox"))


def send_all(boat, packet):
    """The lane as Airflow runs it: again whenever it says that waiting helps."""
    while True:
        try:
            boat.run("dispatch", packet, "sms lane 1")
        except TryLater:
            time.sleep(0.2)
        else:
            return


def let_leases_end(boat: Boat, packet: UUID) -> None:
    """Let the time pass that a lane may keep what it has claimed of this packet; other tests share the database."""
    boat.change(
        "update provider_call set lease_until = now() - interval '1 second'"
        " where state = 'sending' and packet_id = :packet",
        packet=packet,
    )


def let_hands_empty(boat: Boat, packet: UUID) -> None:
    """Let the time pass that a lane may keep in hand what it has not begun."""
    boat.change(
        "update provider_call set claimed_at = claimed_at - make_interval(secs => :seconds)"
        " where state = 'sending' and begun_at is null and packet_id = :packet",
        packet=packet,
        seconds=CLAIM_SECONDS,
    )


def deliver(boat: Boat, callbacks: list[HookRequest]) -> None:
    """Take in callbacks as the portal does: verify, store, apply."""
    twilio = carrier_named("twilio", boat.settings, SECRETS)
    for callback in callbacks:
        assert twilio.verify_signature(callback)
        store(boat.worker, twilio.read_events(callback), {"path": urlsplit(callback.url).path})
    apply_events(boat.worker)


def compare_books(boat: Boat, packet: UUID, home: Path) -> Counter:
    """Compare what we say with what the provider's side says; returns how many messages are in which state.

    No message may be there twice; what we call accepted must be there; what is there we must call accepted or unknown.
    """
    there = Counter(message.attempt for message in journal(home))
    people = Counter(message.to for message in journal(home))
    assert max(people.values()) == 1, f"{sum(n > 1 for n in people.values())} people were written to twice"
    assert max(there.values()) == 1
    ours = boat.rows(
        "select message.address, message.state, attempt.id::text as attempt from message"
        " left join attempt on attempt.message_id = message.id and attempt.attempt_no = message.attempt_no"
        " where packet_id = :packet",
        packet=packet,
    )
    assert {row.address for row in ours} >= set(people)
    for row in ours:
        sent = people[row.address] == 1
        if row.state in {"accepted", "sent", "delivered", "undelivered"}:
            assert there[row.attempt] == 1, "called accepted, and the provider has never seen it"
        elif row.state in {"ready", "failed", "expired", "suppressed"}:
            assert not sent, f"called {row.state}, and the provider has it"
    return Counter(row.state for row in ours)


def pay_for(boat: Boat, packet: UUID) -> None:
    """Let the ready messages of a packet cost something, and reserve their credit as assemble does."""
    client = boat.business.client_id
    lines = [PriceLine(START, channel, "*", "message", PRICE_MINOR) for channel in sorted(channels())]
    import_(boat.worker, client, lines)
    pay(boat.worker, client, 1_000_000)
    with UnitOfWork(boat.worker, client) as uow:
        price = "update message set price_minor = :price where packet_id = :packet"
        uow.execute(text(price), {"price": PRICE_MINOR, "packet": packet})
        prices = Prices.today(uow, client)
        assert prices
        charge_packet(uow, packet_id=packet, client_id=client, feed_id=boat.business.feed_id, prices=prices)
        uow.commit()


def everybody_got_one_that_was_paid_for(boat: Boat, packet: UUID, home: Path) -> None:
    """Read the provider's journal back: every person of the packet has one accepted message, and what was spent is their price."""
    accepted = Counter(message.to for message in journal(home))
    people = boat.rows("select address from message where packet_id = :packet", packet=packet)
    assert accepted == Counter(row.address for row in people)
    assert set(accepted.values()) == {1}
    books = boat.worker, boat.business.client_id, packet, home / "sandbox"
    verdict, money = compare(*books), audit(*books)
    assert verdict.holds, verdict
    assert money.holds, money
    assert money.spent_minor == len(people) * PRICE_MINOR
