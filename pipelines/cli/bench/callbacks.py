"""`packetboat bench callbacks`: how fast signed callbacks are stored durably by the front, and how fast they are applied."""

import json
import multiprocessing
import random
import statistics
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import click
import psutil
from rich.console import Console
from sqlalchemy import text
from twilio.request_validator import RequestValidator

from pipelines.billing.charge import charge_packet
from pipelines.billing.prices import Prices
from pipelines.billing.proofs import differences, packet_differences
from pipelines.cli.bench.posting import post_all
from pipelines.cli.bench.rows import write_file
from pipelines.cli.bench.setting import PRICE_MINOR, accept, bench_client, bench_system, machine
from pipelines.cli.options import as_json
from pipelines.events.apply import apply_events
from pipelines.launcher.services import PORTAL, SANDBOX
from pipelines.launcher.system import System
from pipelines.states import MessageState
from pipelines.store.unit_of_work import UnitOfWork

MESSAGES = 10_000
# What becomes of every twentieth message and the two after it, with Twilio's code; the others are delivered.
FATES = {
    0: ("failed", MessageState.FAILED, "30005"),
    1: ("undelivered", MessageState.UNDELIVERED, "30006"),
    2: ("undelivered", MessageState.UNDELIVERED, "30006"),
}
DELIVERED = ("delivered", MessageState.DELIVERED, None)
SEGMENTS = 2
ASSEMBLED = """
    insert into message (
        client_id, packet_id, row_no, channel, address, language, rule, body, segments, price_minor, segment_price_minor, attempt_no
    )
    select
        :client_id, :packet_id, row_no, 'sms', '+1202' || 2000000 + row_no, 'en', 'bench', repeat('Hello ', 40), :segments,
        :segments * :price_minor, :price_minor, 1
    from generate_series(1, :messages) as row_no
    """
# What a lane would have left behind: every message accepted, each by a call of its own; in a third, the provider counted a segment less.
ACCEPTED = (
    """
    update message set state = 'accepted', billed_segments = case when row_no % 3 = 0 then :segments - 1 else :segments end
    where packet_id = :packet_id
    """,
    """
    insert into provider_call (id, client_id, packet_id, provider, channel, messages, state, owner, lease_until, provider_ref, begun_at, recorded_at)
    select id, client_id, packet_id, 'twilio', channel, 1, 'accepted', uuidv7(), now(), 'SM' || replace(id::text, '-', ''), now(), now()
    from message where packet_id = :packet_id
    """,
    """
    insert into attempt (id, client_id, message_id, attempt_no, call_id)
    select id, client_id, id, 1, id from message where packet_id = :packet_id
    """,
    "update data_packet set state = 'sending' where id = :packet_id",
)
SENT = text("select id, row_no, address from message where packet_id = :packet_id")
FEED = text("select feed_id from data_packet where id = :packet_id")
STATES = text(
    "select state, count(*) as messages from message where packet_id = :packet_id group by state order by state"
)
# The front applies events while nobody else does. Here they are applied afterwards, to be measured alone.
KEEP_OUT = text("select pg_advisory_xact_lock(hashtext('packetboat drain'))")


@click.command()
@click.option("--messages", default=MESSAGES, show_default=True, help="SMS, with two callbacks each.")
@as_json
def callbacks(messages: int, as_json: bool) -> None:
    """Post signed callbacks to the front, then apply them.

    The callbacks come over 32 connections in a random order. They are applied when all are stored. The messages are paid for; one in
    twenty fails, which gives its charge back, and two are not delivered.
    """
    with (
        bench_system("callbacks", frozenset({PORTAL, SANDBOX})) as system,
        tempfile.TemporaryDirectory() as folder,
    ):
        packet_id = _accepted(system, messages, Path(folder))
        requests = _requests(system, packet_id)
        with system.packetboat.engine("worker").begin() as lock:
            lock.execute(KEEP_OUT)
            stored = _stored(system, requests)
            began = time.monotonic()
            applied = apply_events(system.packetboat.engine("worker"))
            seconds = time.monotonic() - began
        states = _states(system, packet_id)
    if applied.applied + applied.outranked != len(requests):
        raise SystemExit(f"Only {applied} of {len(requests)} were applied: the figure would be worthless.")
    if states != Counter(_fate(row_no)[1].value for row_no in range(1, messages + 1)):
        raise SystemExit(f"The messages ended as {states}: the figure would be worthless.")
    report = {
        "bench": "callbacks",
        "machine": machine(),
        "callbacks": len(requests),
        "messages": states,
        **stored,
        "applied_per_second": round(len(requests) / seconds),
    }
    click.echo(json.dumps(report)) if as_json else Console().print_json(data=report)


def _accepted(system: System, messages: int, folder: Path) -> UUID:
    """A packet whose messages were all accepted a moment ago."""
    path = folder / "people.csv"
    write_file(path, 1, date.today())  # noqa: DTZ011 - the row only has to be one
    client = bench_client(system, "sms")
    packet_id = accept(system, client, path)
    parameters = {
        "client_id": client.client_id,
        "packet_id": packet_id,
        "messages": messages,
        "segments": SEGMENTS,
        "price_minor": PRICE_MINOR,
    }
    with UnitOfWork(system.packetboat.engine("worker"), client.client_id) as uow:
        uow.execute(text(ASSEMBLED), parameters)
        prices, feed_id = Prices.today(uow, client.client_id), uow.scalar(FEED, parameters)
        assert prices
        if charge_packet(
            uow, packet_id=packet_id, client_id=client.client_id, feed_id=feed_id, prices=prices
        ):
            raise SystemExit("There is not enough credit: the figure would be worthless.")
        uow.commit()
        for statement in ACCEPTED:
            uow.execute(text(statement), parameters)
        uow.commit()
    return packet_id


def _states(system: System, packet_id: UUID) -> dict[str, int]:
    """How many messages are in each state. Raises SystemExit if the ledger has not followed them."""
    with UnitOfWork(system.packetboat.engine("worker"), every_client=True) as uow:
        if found := [*differences(uow), *packet_differences(uow, [packet_id])]:
            raise SystemExit(f"The ledger does not add up ({found}): the figure would be worthless.")
        return {row.state: row.messages for row in uow.all(STATES, {"packet_id": packet_id})}


def _fate(row_no: int) -> tuple[str, MessageState, str | None]:
    """What becomes of a message: Twilio's last status, our state, and Twilio's error code."""
    return FATES.get(row_no % 20, DELIVERED)


def _requests(system: System, packet_id: UUID) -> list[bytes]:
    """The callbacks as Twilio would post them, with real signatures."""
    validator = RequestValidator(system.packetboat.secrets["twilio_auth_token"])
    account = system.packetboat.secrets["twilio_account_sid"]
    with UnitOfWork(system.packetboat.engine("worker"), every_client=True) as uow:
        rows = uow.all(SENT, {"packet_id": packet_id})
    made = [
        _request(
            validator, f"{system.settings.callback_base}/hooks/twilio?attempt={row.id}", account, row, *report
        )
        for row in rows
        for report in (("sent", None), _fate(row.row_no)[::2])
    ]
    random.Random(2026).shuffle(made)  # noqa: S311 - the same order each time
    return made


def _request(
    validator: RequestValidator, url: str, account: str, row: Any, status: str, error_code: str | None
) -> bytes:
    sid, place = f"SM{row.id.hex}", urlsplit(url)
    form = {
        "AccountSid": account,
        "ApiVersion": "2010-04-01",
        "From": "+15005550006",
        "MessageSid": sid,
        "MessageStatus": status,
        "SmsSid": sid,
        "SmsStatus": status,
        "To": row.address,
    }
    if error_code:
        form["ErrorCode"] = error_code
    body = urlencode(form)
    head = (
        f"POST {place.path}?{place.query} HTTP/1.1",
        f"Host: {place.netloc}",
        f"X-Twilio-Signature: {validator.compute_signature(url, form)}",
        "Content-Type: application/x-www-form-urlencoded; charset=UTF-8",
        "User-Agent: TwilioProxy/1.1",
        f"Content-Length: {len(body)}",
    )
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


def _stored(system: System, requests: list[bytes]) -> dict[str, float]:
    """Post them all from another process. `per_core_second` is what the front manages in a second of its own processor time."""
    front = _front(system)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    place = urlsplit(system.settings.callback_base)
    arguments = (theirs, place.hostname, place.port, requests)
    poster = context.Process(target=post_all, args=arguments, daemon=True)
    poster.start()
    theirs.close()
    ours.recv()
    before = sum(front.cpu_times()[:2])
    ours.send("go")
    seconds, each = ours.recv()
    used = sum(front.cpu_times()[:2]) - before
    poster.join()
    percentiles = statistics.quantiles(each, n=100)
    return {
        "stored_per_second": round(len(requests) / seconds),
        "stored_per_core_second": round(len(requests) / used),
        "p50_ms": round(percentiles[49] * 1000, 1),
        "p99_ms": round(percentiles[98] * 1000, 1),
    }


def _front(system: System) -> psutil.Process:
    """The process that serves the portal and the hooks."""
    port = system.settings.portal_port
    return next(
        process
        for process in psutil.Process().children(recursive=True)
        if any(
            one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in process.net_connections()
        )
    )
