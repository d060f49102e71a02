"""Courier Pigeon carries a packet, reports on it, and appears in the settings and in doctor."""

import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from uuid import uuid4

import pytest
import requests
from sqlalchemy import text

from pipelines.actions.sending.add_sender import SenderInvalid, add_sender
from pipelines.cli.sandbox import require_sandbox
from pipelines.cli.sending_findings import providers, senders
from pipelines.domain.campaign_document import Text
from pipelines.errors import SettingsError
from pipelines.providers.carriers import accounts, secret_makers
from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import eventually
from tests.webapp.whole import whole

FILE = "First name,Mobile phone\nAda,+12125550123\nBob,+12125550124\n"
TEXT = Text("sms", "en", "Hello {{ first_name }}.")


class Loft(BaseHTTPRequestHandler):
    """The provider: accepts letters and reports each as arrived."""

    letters: ClassVar = []
    keys: ClassVar = set()

    def do_POST(self):
        letter = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.letters.append(letter)
        key = self.headers["Authorization"].removeprefix("Bearer ")
        self.keys.add(key)
        reference = uuid4().hex
        body = json.dumps({"letter": reference}).encode()
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        threading.Thread(target=report, args=(letter, reference, key)).start()

    def log_message(self, *_):
        pass


def report(letter, reference, key, **changed):
    body = json.dumps(
        {"letter": reference, "outcome": "arrived", "our_reference": letter["our_reference"]}
    ).encode()
    signature = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Pigeon-Signature": signature} | changed
    return requests.post(letter["report_to"], data=body, headers=headers, timeout=5).status_code


@pytest.fixture(scope="module")
def loft():
    with ThreadingHTTPServer(("127.0.0.1", 0), Loft) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def system(database, loft, tmp_path_factory):
    with whole(database, tmp_path_factory.mktemp("whole"), courier_pigeon_base_url=loft) as running:
        add_sender(
            running.boat.engine("app"),
            client_id=running.client_id,
            channel="sms",
            provider="courier_pigeon",
            address="Harbour",
        )
        yield running


def test_it_carries_a_packet_and_reports(system):
    packet = system.send("sms", TEXT, FILE)
    eventually(lambda: system.states(packet) == ["delivered"] * 2)
    assert {(one["from"], one["to"], one["kind"], one["words"]) for one in Loft.letters[-2:]} == {
        ("Harbour", "+12125550123", "sms", "Hello Ada."),
        ("Harbour", "+12125550124", "sms", "Hello Bob."),
    }
    assert Loft.keys == {system.boat.secrets["courier_pigeon_key"]}
    with UnitOfWork(system.boat.engine("worker"), system.client_id) as uow:
        used = uow.all(
            text(
                "select distinct provider_call.provider, sender.address from provider_call"
                " join sender on sender.id = sender_id where packet_id = :packet"
            ),
            {"packet": packet},
        )
    assert [tuple(row) for row in used] == [("courier_pigeon", "Harbour")]
    page = system.person.get(f"/packets/{packet}/messages/1").text
    assert "<figcaption>Harbour " in page
    assert "by Courier Pigeon, attempt 1" in page


def test_a_report_without_its_signature_is_refused(system):
    letter = {
        "our_reference": str(uuid4()),
        "report_to": f"{system.boat.settings.callback_base}/hooks/courier_pigeon",
    }
    assert (
        report(letter, "x", system.boat.secrets["courier_pigeon_key"], **{"X-Pigeon-Signature": "0" * 64})
        == 403
    )


def test_a_sender_in_another_form_is_refused(system):
    with pytest.raises(SenderInvalid, match="a name of 3 to 11 letters"):
        add_sender(
            system.boat.engine("app"),
            client_id=system.client_id,
            channel="sms",
            provider="courier_pigeon",
            address="+12125550123",
        )


def test_its_file_declares_its_settings_and_secret():
    assert "courier_pigeon_key" in {name for account in accounts() for name in account.settings}
    assert secret_makers()["courier_pigeon_key"]()


def test_invented_people_get_no_messages_through_it(system):
    with pytest.raises(SettingsError, match="PACKETBOAT_COURIER_PIGEON_BASE_URL names another service"):
        require_sandbox(system.boat.settings)


def test_doctor_knows_it(system, loft):
    found = {finding.matter: finding for finding in providers(system.boat.settings)}
    assert found["courier_pigeon"].sentence == f"It carries push notification, SMS at {loft}"
    assert any("with SMS by courier_pigeon" in finding.sentence for finding in senders(system.boat))
