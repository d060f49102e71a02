"""After everything that can become of packets on real Airflow, no log, XCom, run conf or reason tells whom they were about (S2)."""

import csv
import io
import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from uuid import uuid4

import pytest
import requests
from sqlalchemy import text

from pipelines import logs
from pipelines.actions.accounts.create_client import create_client
from pipelines.actions.accounts.find import campaign_by_slug
from pipelines.actions.billing.book_payment import top_up
from pipelines.actions.billing.import_prices import import_prices
from pipelines.actions.packets.accept_packet import Submission, accept_packet
from pipelines.actions.packets.cancel import cancel
from pipelines.actions.packets.pause import resume
from pipelines.actions.packets.relay_outbox import relay_outbox
from pipelines.actions.packets.rerun_step import rerun_step
from pipelines.actions.packets.subjects import packet_of
from pipelines.actions.people.erase import erase_person
from pipelines.actions.people.reply_settings import Wanted, set_reply_settings
from pipelines.actions.set_alarms import set_alarms
from pipelines.cli.demo import CAMPAIGN, SAMPLE_PRICES, make_campaign
from pipelines.cli.price_file import read_prices
from pipelines.cli.sample import HEADER
from pipelines.cli.sandbox import reply_as
from pipelines.store.files import Files
from pipelines.store.unit_of_work import UnitOfWork
from tests.system.searching import airflow_database, airflow_tables_with, columns_with, files_with
from tests.system.test_housekeeping import run_and_wait
from tests.system.test_run_ended import eventually

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("system"), pytest.mark.timeout(1_500)]

FIRST_NAMES = ("Zebulonia", "Ermentrudis", "Wilhelmaria", "Quirinella", "Oswaldine", "Hildeburga")
LAST_NAME = "Quackenbush"
PHONES = [f"+14135550{number}" for number in range(170, 176)]
MAILBOX = "bushquack@example.org"  # of the last person, who has no phone
ANSWER = "my mother in law broke the teapot"
PERSONAL = (*(phone[2:] for phone in PHONES), *FIRST_NAMES, LAST_NAME, MAILBOX, "bushquack", "teapot")
LOST, UNDELIVERED, _, CONFIRMS, STOPS = PHONES[:5]
ALARM_MAILBOX = "alarms@practice.example"
CREDIT = 9  # cents: the first packets cost 6, 1 and 1, the next 2, which is more than what is left
RUN = "select run_id from data_packet where id = :id"
UNKNOWN = "select count(*) from message where state = 'unknown' and packet_id = :id"

# The columns that are there to hold it. Everywhere else, it is a leak.
BELONGS = {
    "clean_row.email", "clean_row.first_name", "clean_row.last_name", "clean_row.phone", "data_packet_row.cells", "event_inbox.address",
    "event_inbox.raw", "message.address", "message.body", "reply.body", "reply.from_address", "reply.raw", "suppression.address",
}  # fmt: skip


class Practice:
    """A practice with its packets."""

    def __init__(self, system) -> None:
        self.system, self.boat, self.airflow = system, system.packetboat, system.packetboat.airflow()
        self.app, self.worker = self.boat.engine("app"), self.boat.engine("worker")
        self.client_id = create_client(
            self.app,
            system.settings,
            slug=f"practice-{uuid4().hex[:8]}",
            name="Practice",
            region="US",
            time_zone="America/New_York",
        )
        make_campaign(self.app, self.client_id)
        currency, prices = read_prices(SAMPLE_PRICES)
        import_prices(self.app, client_id=self.client_id, currency=currency, lines=prices, by="test")
        set_alarms(self.app, self.client_id, address=ALARM_MAILBOX, credit_percent=100)
        self.pay(CREDIT)

    def pay(self, minor):
        top_up(self.app, client_id=self.client_id, minor=minor, currency="USD", key=str(minor), note="test")

    def send(self, name, people):
        """Send a packet that is paused from the start; returns its id."""
        submission = Submission(
            self.client_id, campaign_by_slug(self.app, self.client_id, CAMPAIGN), f"{name}.csv", "cli", "test",
            paused=True,
        )  # fmt: skip
        receipt = accept_packet(self.app, self.system.settings, submission, io.BytesIO(file_of(people, name)))
        relay_outbox(self.app, self.airflow, packet_id=receipt.packet_id)
        self.await_value("select exists (select from message where packet_id = :id)", True, receipt.packet_id)
        return receipt.packet_id

    def let_go(self, packet_id):
        resume(self.app, None, packet_of(packet_id), by="test")
        relay_outbox(self.app, self.airflow)

    def value(self, query, packet_id):
        with UnitOfWork(self.worker, self.client_id) as uow:
            return uow.scalar(text(query), {"id": packet_id})

    def await_value(self, query, expected, packet_id):
        eventually(lambda: self.value(query, packet_id) == expected, 300, f"not {expected}: {query}")

    def await_state(self, packet_id, expected):
        self.await_value("select state from data_packet where id = :id", expected, packet_id)

    def change(self, *statements, role="worker", **parameters):
        with UnitOfWork(self.boat.engine(role), every_client=True) as uow:
            for statement in statements:
                uow.execute(text(statement), parameters)
            uow.commit()

    def rerun(self, packet_id):
        """Again from dispatch, as soon as Airflow has ended the run that settled."""
        eventually(
            lambda: self.airflow.run_state("packet", self.value(RUN, packet_id)) != "running",
            120,
            "run not ended",
        )
        rerun_step(self.app, self.airflow, None, packet_id, "dispatch")

    def run(self, dag):
        assert run_and_wait(self.airflow, dag, f"privacy-{time.time_ns()}") == "success"


def file_of(people, name):
    """A packet about these people (their numbers in FIRST_NAMES)."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    day = date.today() + timedelta(days=2)  # noqa: DTZ011 - it only has to be in the future
    for number in people:
        phone, mailbox = (PHONES[number], "") if number < len(PHONES) - 1 else ("", MAILBOX)
        row = [
            f"{name}-{number}",
            FIRST_NAMES[number],
            LAST_NAME,
            phone,
            mailbox,
            "en",
            day,
            "10:00",
            "Dr. Abel",
        ]
        writer.writerow(row)
    return out.getvalue().encode()


@pytest.fixture(scope="module")
def faults(system):
    """Scripts what goes wrong."""
    url = system.urls["sandbox"] + "/sandbox/faults"

    def script(*rules):
        requests.post(url, json=list(rules), timeout=5).raise_for_status()

    yield script
    requests.delete(url, timeout=5).raise_for_status()


@pytest.fixture(scope="module")
def webhook() -> Iterator[tuple[str, list[bytes]]]:
    """A client's own webhook: its address, and what it received."""
    received: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/replies", received
        server.shutdown()


@pytest.fixture(scope="module")
def lived(system, faults, webhook, journal):
    """Packets whose people had everything happen to them."""
    path = system.settings.home / "logs" / "privacy test.log"
    with path.open("a") as file, logs.written_to(lambda: file):
        practice = Practice(system)
        sent_in_trouble(practice, faults)
        answered(practice, webhook)
        refused_by_the_database(practice)
        without_credit(practice)
        cancelled(practice)
        erase_person(practice.worker, Files(system.settings), practice.client_id, CONFIRMS)
        practice.run("housekeeping")
    return practice


def sent_in_trouble(practice, faults):
    """An answer that is lost, and the message found in the provider's list; a failure that is reported; a provider that is busy."""
    faults(
        {"action": "lost_answer", "to": LOST[1:]},
        {"action": "callbacks_dropped", "to": LOST[1:]},
        {"action": "fate", "fate": "filtered", "to": UNDELIVERED[1:]},
    )
    first = practice.send("first", range(6))
    practice.let_go(first)
    practice.await_value(UNKNOWN, 1, first)
    faults({"action": "too_many", "channel": "sms", "seconds": 600})
    busy = practice.send("busy", [2])
    practice.let_go(busy)
    practice.await_value("select code from channel_wait where packet_id = :id", "provider_busy", busy)
    faults()
    practice.change(
        "update channel_wait set until = until - interval '10 minutes' where client_id = :client",
        "update breaker set retry_at = retry_at - interval '10 minutes'",
        "update message set not_before = now() where state = 'ready' and client_id = :client",
        "update provider_call set recorded_at = recorded_at - interval '1 hour' where state = 'unknown' and client_id = :client",
        "update call_check set next_at = now() where client_id = :client",
        client=practice.client_id,
    )
    practice.run("pulse")
    for packet in (first, busy):
        practice.await_state(packet, "settled")
    practice.await_value(UNKNOWN, 0, first)


def answered(practice, webhook):
    """Somebody confirms, somebody stops, somebody says something else: forwarded by e-mail, then to a webhook."""
    settings = practice.system.settings
    url, received = webhook
    ways = (
        Wanted(forward_by="email", forward_to="owner@practice.example"),
        Wanted(forward_by="webhook", forward_to=url),
    )
    for way, answers in zip(ways, (("C", ANSWER), (ANSWER,)), strict=True):
        set_reply_settings(practice.app, settings, practice.client_id, way)
        for words in answers:
            assert reply_as(settings, CONFIRMS, words) == [200]
        practice.run("pulse")
    assert reply_as(settings, STOPS, "STOP") == [200]
    assert reply_as(settings, STOPS, ANSWER, forged=True) == [403]
    practice.run("pulse")
    assert any(b"teapot" in body for body in received)
    practice.await_value("select count(*) >= 3 from reply where forwarding = 'delivered'", True, None)


def refused_by_the_database(practice):
    """PostgreSQL's own message about a refused row quotes all of it."""
    packet = practice.send("refused", [3])
    practice.change(
        f"alter table message add constraint refused check (state <> 'sending' or address <> '{CONFIRMS}') not valid",
        role="owner",
    )
    practice.let_go(packet)
    practice.await_state(packet, "stopped")
    practice.change("alter table message drop constraint refused", role="owner")
    practice.rerun(packet)
    practice.await_state(packet, "settled")


def without_credit(practice):
    packet = practice.send("credit", [1, 3])
    practice.await_state(packet, "awaiting_credit")
    practice.run("pulse")
    practice.pay(CREDIT + 1)
    practice.let_go(packet)
    practice.run("pulse")
    practice.await_state(packet, "settled")


def cancelled(practice):
    packet = practice.send("cancelled", [1])
    cancel(practice.app, None, packet_of(packet), by="test", reason="test")
    practice.await_state(packet, "settled")


def test_files_tell_nobody(system, lived):
    assert files_with(system.settings.home, PERSONAL) == set()


def test_airflow_knows_nobody(system, lived):
    with airflow_database(system) as connection:
        assert airflow_tables_with(connection, PERSONAL) == set()


def test_only_the_columns_for_it_hold_personal_data(lived):
    with UnitOfWork(lived.boat.engine("owner"), every_client=True) as uow:
        assert columns_with(uow, PERSONAL) - BELONGS == set()


def test_alarms_reach_the_client_and_name_no_person(lived, journal):
    mails = [entry for entry in journal() if entry["to"] == ALARM_MAILBOX]
    assert mails
    assert [word for word in PERSONAL for mail in mails if word in str(mail["content"])] == []


@pytest.mark.parametrize("word", [PHONES[0], MAILBOX, LAST_NAME])
def test_what_is_planted_in_a_file_is_found(system, word):
    path = system.settings.home / "logs" / "planted.log"
    path.write_text(f'{{"event": "message_sent", "to": "{word}"}}\n')
    try:
        assert files_with(system.settings.home, PERSONAL) == {"logs/planted.log"}
    finally:
        path.unlink()


PLANTS = {
    "xcom": "update xcom set value = to_json(cast(%s as text)) where ctid = (select min(ctid) from xcom)",
    "dag_run": "update dag_run set conf = to_json(cast(%s as text)) where ctid = (select min(ctid) from dag_run where state = 'success')",
    "rendered_task_instance_fields": "update rendered_task_instance_fields set rendered_fields = to_json(cast(%s as text))"
    " where ctid = (select min(ctid) from rendered_task_instance_fields)",
    "log": "insert into log (dttm, event, extra) values (now(), 'planted', %s)",
}


@pytest.mark.parametrize("word", [PHONES[0], MAILBOX, LAST_NAME])
@pytest.mark.parametrize("table", PLANTS)
def test_what_is_planted_in_airflow_is_found(system, lived, table, word):
    with airflow_database(system) as connection:
        assert connection.execute(PLANTS[table], [word]).rowcount == 1
        assert airflow_tables_with(connection, PERSONAL) == {table}


@pytest.mark.parametrize("word", [PHONES[0], MAILBOX, LAST_NAME])
@pytest.mark.parametrize("column", ["packet_step.error_params", "pause.params", "client_alarm.params"])
def test_what_is_planted_in_a_reason_is_found(lived, column, word):
    table, name = column.split(".")
    with UnitOfWork(lived.boat.engine("owner"), lived.client_id) as uow:
        planting = text(f"update {table} set {name} = to_jsonb(cast(:word as text))")
        assert uow.execute(planting, {"word": word}).rowcount > 0
        assert columns_with(uow, PERSONAL) - BELONGS == {column}
