"""One HTTP call: made once, certain about what was written, and over by its deadline."""

import contextlib
import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipelines.errors import SettingsError
from pipelines.providers.http.wire import MAX_ANSWER, CallFailed, Line
from tests.fixtures_sandbox import answering, read_request

DEADLINE = 0.6
LATE = 1.0  # how much later than the deadline a call may end


def line(url, **changes):
    return Line(url, **{"connect_timeout": 0.4, "call_timeout": DEADLINE, **changes})


def post(wire, body=b"To=x"):
    return wire.call("POST", "/messages", headers={"Content-Type": "text/plain"}, body=body)


def failure(wire):
    started = time.monotonic()
    with pytest.raises(CallFailed) as caught:
        post(wire)
    assert time.monotonic() - started < DEADLINE + LATE
    return caught.value.reason, caught.value.written


def test_a_complete_answer_is_returned_as_it_was_sent(raw_server):
    server = raw_server(answering(201, '{"sid": "é"}', "X-Kind: exact"))
    reply = post(line(server.url))
    assert (reply.status, reply.headers["x-kind"], reply.body.decode()) == (201, "exact", '{"sid": "é"}')


def test_the_request_is_complete(raw_server):
    seen = []

    def behave(connection):
        seen.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    post(line(raw_server(behave).url + "/base"), body="Bonjour é".encode())
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /base/messages HTTP/1.1\r\n")
    assert b"content-length: 10" in head.lower()
    assert body == "Bonjour é".encode()


def test_calls_share_a_connection(raw_server):
    server = raw_server(answering(200, "ok"))
    wire = line(server.url)
    for _ in range(20):
        post(wire)
    assert len(server.connections) == 1


def test_each_thread_gets_its_own_answer(raw_server):
    def behave(connection):
        while request := read_request(connection):
            body = request.partition(b"\r\n\r\n")[2]
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    wire = line(raw_server(behave).url, call_timeout=10)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: post(wire, body=b"%d" % n).body, range(400)))
    assert answers == [b"%d" % n for n in range(400)]


class TestNothingWasWritten:
    def test_connection_refused(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        assert failure(line(f"http://127.0.0.1:{port}")) == ("no_connection", False)

    def test_no_such_name(self):
        assert failure(line("http://nobody.invalid", call_timeout=30))[1] is False

    def test_a_connection_that_is_never_accepted(self):
        """A full backlog: the kernel lets further connections wait."""
        with contextlib.ExitStack() as kept:
            busy = kept.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
            for _ in range(4):
                waiting = kept.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(busy.getsockname())
            assert failure(line(f"http://127.0.0.1:{busy.getsockname()[1]}")) == ("connect_timeout", False)

    def test_no_tls_on_the_other_side(self, raw_server):
        server = raw_server(lambda connection: connection.sendall(b"220 a mail server\r\n"))
        assert failure(line(server.url.replace("http:", "https:"))) == ("tls", False)

    def test_a_tls_handshake_that_never_ends(self, raw_server):
        def behave(connection):
            record = struct.pack(">BHH", 22, 0x0303, 200) + b"\x02" + b"\0" * 199
            for place in range(len(record)):
                connection.sendall(record[place : place + 1])
                time.sleep(0.1)

        reason, written = failure(line(raw_server(behave).url.replace("http:", "https:")))
        assert reason in {"connect_timeout", "deadline"}
        assert written is False


class TestUnknown:
    @pytest.fixture
    def requests_seen(self):
        return []

    def served(self, raw_server, seen, answer):
        def behave(connection):
            if request := read_request(connection):
                seen.append(request)
                answer(connection)

        return line(raw_server(behave).url)

    def test_closed_without_an_answer(self, raw_server, requests_seen):
        wire = self.served(raw_server, requests_seen, lambda connection: connection.close())
        assert failure(wire) == ("connection_lost", True)
        assert len(requests_seen) == 1, "a lost answer is never a reason to send again"

    def test_reset_after_the_request(self, raw_server, requests_seen):
        def reset(connection):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

        assert failure(self.served(raw_server, requests_seen, reset)) == ("connection_lost", True)
        assert len(requests_seen) == 1

    def test_silence(self, raw_server, requests_seen):
        wire = self.served(raw_server, requests_seen, lambda _connection: time.sleep(3))
        assert failure(wire) == ("deadline", True)

    @pytest.mark.parametrize(
        "head",
        [
            b"",
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2710\r\n",
            b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        ],
        ids=["status line", "header", "body of known length", "chunk", "body until the end"],
    )
    def test_byte_by_byte(self, raw_server, requests_seen, head):
        def drip(connection):
            connection.sendall(head)
            for _ in range(100):
                connection.sendall(b"A")
                time.sleep(0.05)

        assert failure(self.served(raw_server, requests_seen, drip)) == ("deadline", True)
        assert len(requests_seen) == 1

    def test_an_endless_answer(self, raw_server, requests_seen):
        def flood(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            with contextlib.suppress(OSError):
                for _ in range(MAX_ANSWER // 65536 + 16):
                    connection.sendall(b"x" * 65536)

        assert failure(self.served(raw_server, requests_seen, flood))[1] is True

    def test_half_an_answer(self, raw_server, requests_seen):
        half = b'HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"sid": "SM'
        wire = self.served(raw_server, requests_seen, lambda connection: connection.sendall(half))
        assert failure(wire) == ("connection_lost", True)

    def test_not_http(self, raw_server, requests_seen):
        wire = self.served(
            raw_server, requests_seen, lambda connection: connection.sendall(b"hello?\r\n\r\n")
        )
        assert failure(wire)[1] is True


def test_the_line_works_after_a_cut(raw_server):
    """The pool reconnects the same object, which must not remember the cut."""
    turns = iter([True, False, False])

    def behave(connection):
        while read_request(connection):
            if next(turns):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                while True:
                    connection.sendall(b"x")
                    time.sleep(0.05)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    wire = line(raw_server(behave).url)
    assert failure(wire) == ("deadline", True)
    assert [post(wire).body, post(wire).body] == [b"ok", b"ok"]


def test_a_connection_that_the_other_side_closed_while_idle_is_not_used(raw_server):
    closed = threading.Event()

    def behave(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        connection.close()
        closed.set()

    server = raw_server(behave)
    wire = line(server.url)
    post(wire)
    assert closed.wait(2)
    time.sleep(0.05)
    assert post(wire).body == b"ok"
    assert len(server.connections) == 2


def test_a_refusal_of_a_large_body_is_read(raw_server):
    """A server that refuses a large body answers and closes before it has read it all."""

    def behave(connection):
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass

    assert post(line(raw_server(behave).url), body=b"x" * 4_000_000).status == 413


def test_sending_a_large_body_may_take_longer_than_the_connect_timeout(raw_server):
    def behave(connection):
        time.sleep(0.5)
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    wire = line(raw_server(behave).url, connect_timeout=0.2, call_timeout=20)
    assert post(wire, body=b"x" * 20_000_000).body == b"ok"


@pytest.mark.parametrize("address", ["", "api.twilio.com", "ftp://provider.example", "https://"])
def test_an_invalid_address_is_refused(address):
    with pytest.raises(SettingsError, match="is not a provider’s address: it must begin with"):
        line(address)


def test_loopback_is_never_reached_through_a_proxy(raw_server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert post(line(raw_server(answering(200, "ok")).url)).body == b"ok"


def test_other_hosts_are_reached_through_the_proxy_of_the_environment(raw_server, monkeypatch):
    server = raw_server(answering(200, "from the proxy"))
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert post(line("http://provider.example")).body == b"from the proxy"
