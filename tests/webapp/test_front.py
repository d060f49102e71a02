"""The server in front of the portal: complete requests, files only from people who may send them, streams that end with their reader."""

import io
import socket
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy import text

from pipelines.errors import NoRoom
from pipelines.store.files import Files
from tests.fixtures_sandbox import eventually
from tests.webapp.conftest import PASSWORD, token_in
from tests.webapp.stories import tell_packet
from webapp.areas.packets.packet import STREAMS
from webapp.front import portal
from webapp.front.gate import Gate, Limits, Stage
from webapp.front.threads import environ_of


@pytest.fixture
def browser(world, clinic):
    """Somebody of the clinic at a browser, over HTTP."""
    with requests.Session() as session:
        name = clinic.person.username
        form = {
            "csrf_token": token_in(session.get(world.url + "/login/")),
            "username": name,
            "password": PASSWORD,
        }
        assert session.post(world.url + "/login/", data=form, allow_redirects=False).status_code == 302
        yield session


def send(world, browser, clinic, content, **more):
    form = {
        "csrf_token": token_in(browser.get(world.url + "/send/")),
        "campaign": str(clinic.business.campaign_id),
    }
    file = {"file": ("people.csv", io.BytesIO(content), "text/csv")}
    return browser.post(
        world.url + "/send/", data=form, files=file, headers={"Accept": "application/json"}, **more
    )


def test_health_says_that_the_database_answers(world):
    answer = world.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_pages_come_through(world, browser):
    assert world.get("/packets/").headers["Location"].startswith("/login/?next=")
    assert browser.get(world.url + "/packets/?show=finished&q=%C3%A9%00%FF").status_code == 200
    assert world.get("/assets/vendor/htmx/htmx.min.js").headers["Content-Length"] == "37448"
    assert world.call("HEAD", "/login/").status_code == 200


@pytest.mark.parametrize("checked_from", [1024, portal.FORM_BYTES])
def test_a_file_arrives_complete(world, browser, clinic, monkeypatch, checked_from):
    """Even when its sender is checked before it is read."""
    monkeypatch.setattr(portal, "FORM_BYTES", checked_from)
    line = b"Maria,Lopez,+1 212 555 0142,maria%d@example.com,2026-12-01\n"
    content = b"first_name,last_name,mobile,email,appointment_date\n" + b"".join(
        line % (checked_from + number) for number in range(3_000)
    )
    answer = send(world, browser, clinic, content)
    assert answer.status_code == 200, answer.text
    assert answer.json()["bytes"] == len(content)


def test_a_file_that_is_too_large_gets_the_portals_own_page(world, browser, clinic):
    answer = send(world, browser, clinic, b"x" * 400_000)
    assert answer.status_code == 413
    assert "That file is too large" in answer.text


@pytest.mark.parametrize("length", [b"Content-Length: 200000", b"Transfer-Encoding: chunked"])
def test_a_strangers_file_is_not_even_requested(world, monkeypatch, length):
    monkeypatch.setattr(portal, "FORM_BYTES", 1024)
    place = urlsplit(world.url)
    with socket.create_connection((place.hostname, place.port), timeout=10) as caller:
        caller.sendall(
            b"POST /send/ HTTP/1.1\r\nHost: portal\r\nExpect: 100-continue\r\n" + length + b"\r\n\r\n"
        )
        assert caller.recv(65536).startswith(b"HTTP/1.1 302 ")


def test_a_stream_ends_with_its_reader(boat, clinic, world, browser):
    packet = tell_packet(boat.engine("worker"), clinic.business, state="sending")
    free = STREAMS._value
    streams = [
        browser.get(
            f"{world.url}/packets/{packet}/changes", stream=True, headers={"Accept": "text/event-stream"}
        )
        for _ in range(3)
    ]
    assert all(next(stream.iter_lines()) == b"retry: 1000" for stream in streams)
    assert STREAMS._value == free - 3
    for stream in streams:
        stream.close()
    eventually(lambda: STREAMS._value == free, within=60)


def test_a_large_file_without_space_is_refused_unread_even_if_space_appears_later(
    world, browser, clinic, monkeypatch
):
    """Space that appears between the two checks must not make the portal parse the unread body."""

    def no_room(_, coming=0):
        if coming >= portal.COPIES * 200_000:
            raise NoRoom

    async def unread(*_):
        raise AssertionError("the body was read")

    monkeypatch.setattr(portal, "FORM_BYTES", 1024)
    monkeypatch.setattr(Files, "check_room", no_room)
    sent = {
        "csrf_token": token_in(browser.get(world.url + "/send/")),
        "campaign": str(clinic.business.campaign_id),
    }
    monkeypatch.setattr(portal, "read_whole", unread)
    file = {"file": ("people.csv", io.BytesIO(b"x" * 200_000), "text/csv")}
    answer = browser.post(world.url + "/send/", data=sent, files=file, headers={"Accept": "application/json"})
    assert answer.status_code == 507
    assert "There is no room for the file on our side at the moment" in answer.text


def test_a_full_disk_is_reported(world, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(portal, "read_whole", full)
    assert world.post("/login/", data={"a": "b"}).status_code == 507


def test_forwarded_headers_are_not_trusted():
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/é",
        "query_string": b"a=\xff",
        "http_version": "1.1",
        "scheme": "http",
        "client": ("203.0.113.9", 4711),
        "headers": [(b"x-forwarded-for", b"10.0.0.1"), (b"x_forwarded_for", b"10.0.0.2"), (b"cookie", b"a=1"), (b"cookie", b"b=2")],
    }  # fmt: skip
    environ = environ_of(scope)
    assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]) == ("203.0.113.9", "http")
    assert environ["HTTP_X_FORWARDED_FOR"] == "10.0.0.1", "passed on, but not used"
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/é"


class Idler:
    def __init__(self, address, stage, since=0.0):
        self.address, self.since, self._stage = address, since, stage
        self.end = None

    def stage(self):
        return self._stage

    def drop(self):
        self.end = "dropped"

    def refuse(self, status):
        self.end = status


class TestGate:
    def crowd(self, gate, *stages, address="203.0.113.9"):
        callers = [Idler(address, stage, since) for since, stage in enumerate(stages)]
        for caller in callers:
            gate.admit(caller)
        return [caller.end for caller in callers]

    def test_the_most_idle_and_oldest_connection_is_closed(self):
        gate = Gate(Limits(per_address=3))
        ends = self.crowd(gate, Stage.BODY, Stage.HEAD, Stage.HEAD, Stage.IDLE, Stage.ANSWERING)
        assert ends == [None, "dropped", None, "dropped", None]

    def test_a_connection_that_waits_for_its_answer_is_never_dropped(self):
        assert self.crowd(Gate(Limits(per_address=2)), *[Stage.ANSWERING] * 3) == [None, None, 429]
        gate = Gate(Limits(together=2))
        ends = [self.crowd(gate, Stage.ANSWERING, address=f"203.0.113.{n}") for n in range(3)]
        assert ends == [[None], [None], [503]]

    def test_an_ipv6_network_counts_as_one_address(self):
        gate = Gate(Limits(per_address=2))
        for end in range(2):
            self.crowd(gate, Stage.ANSWERING, address=f"2001:db8::{end}")
        assert self.crowd(gate, Stage.ANSWERING, address="2001:db8::9") == [429]
        assert self.crowd(gate, Stage.ANSWERING, address="2001:db8:0:1::9") == [None]

    def test_our_own_proxies_are_not_limited(self):
        gate = Gate(Limits(per_address=1), ["203.0.113.0/24"])
        assert self.crowd(gate, *[Stage.ANSWERING] * 9) == [None] * 9

    def test_a_body_may_take_long_if_it_keeps_arriving(self):
        limits = Limits()
        assert limits.allowed(Stage.BODY, 0) == 20
        assert limits.allowed(Stage.BODY, 200 * 2**20) > 3 * 3600
        assert limits.allowed(Stage.ANSWERING, 0) is None


def test_hooks_and_pages_do_not_share_connections_to_the_database(boat, world):
    world.get("/healthz")
    with boat.engine("owner").connect() as connection:
        names = set(connection.execute(text("select application_name from pg_stat_activity")).scalars())
    assert {"packetboat", "packetboat hooks"} <= names
