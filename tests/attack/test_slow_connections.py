"""Slow callers without a log-in delay neither callbacks nor pages, and are cut off."""

import contextlib
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.attack.served import FORM, Served, hung_up, served_portal, slow_callers
from tests.fixtures_sandbox import eventually

HEAD = b"POST /hooks/twilio HTTP/1.1\r\nHost: portal\r\nX-Slow: "
HOOK = b"POST /hooks/mailgun HTTP/1.1\r\nHost: portal\r\nContent-Length: 5000\r\n\r\n{"
LOGIN = HOOK.replace(b"/hooks/mailgun", b"/login/").replace(
    b"Host", b"Content-Type: " + FORM.encode() + b"\r\nHost"
)
CHUNKS = b"POST /hooks/twilio HTTP/1.1\r\nHost: portal\r\nTransfer-Encoding: chunked\r\n\r\n"
NOTHING = b"\r\n"
SLOW = {
    "head": (HEAD, b"x"),
    "hook": (HOOK, b" "),
    "login": (LOGIN, b"x"),
    "chunks": (CHUNKS, b"1\r\nx\r\n"),
    "nothing": (NOTHING, NOTHING),
}  # fmt: skip
CUT_AFTER = {"head": 10, "hook": 20, "login": 20, "chunks": 20, "nothing": 30}  # seconds
PAGES_AT_ONCE = 24


@pytest.fixture(scope="module")
def served():
    with served_portal(16600) as found:
        yield found


def works(served: Served) -> None:
    """Signed callbacks and the question after its health are answered, each within two seconds."""
    assert served.ask(*("POST", *served.twilio())) == 200
    assert served.ask(*("POST", *served.mailgun())) == 200
    assert served.ask("GET", "/healthz") == 200


@pytest.mark.parametrize("count", [24, 200])
@pytest.mark.parametrize("kind", SLOW)
def test_slow_callers_delay_nothing(served, kind, count):
    with slow_callers(served, count, *SLOW[kind]):
        for _ in range(3):
            works(served)
            assert served.ask("GET", "/login/") == 200


def test_slow_callers_are_cut(served):
    """All kinds side by side; the time is twice the limit, for this machine may be busy."""
    with contextlib.ExitStack() as all_of_them:
        began = time.monotonic()
        left = {
            kind: all_of_them.enter_context(slow_callers(served, 8, *drops)) for kind, drops in SLOW.items()
        }
        while any(left.values()) and time.monotonic() - began < 90:
            for kind, open_still in left.items():
                assert not open_still or time.monotonic() - began < 15 + 2 * CUT_AFTER[kind], kind
            time.sleep(0.5)
    works(served)


def test_a_caller_that_reads_no_answer_is_cut(served):
    """A large file asked for again and again, and nothing read: the answers fill every buffer on the way, then the thread waits."""
    asked = b"GET /assets/vendor/htmx/htmx.min.js HTTP/1.1\r\nHost: portal\r\n\r\n" * 500
    callers = []
    for _ in range(PAGES_AT_ONCE):
        caller = socket.socket()
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        caller.connect(("127.0.0.1", served.port))
        caller.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            caller.send(asked)
        callers.append(caller)
    try:
        time.sleep(45)
        works(served)
        assert served.ask("GET", "/login/") == 200
        assert all(hung_up(caller) for caller in callers)
    finally:
        for caller in callers:
            caller.close()


def test_callbacks_are_answered_while_every_page_waits(served):
    """The table that a log-in asks is locked: all threads of the portal stand still, and more wait behind them."""
    people = PAGES_AT_ONCE + 8
    asked = threading.Barrier(people + 1)

    def log_in(number: int) -> None:
        source = f"127.0.0.{number + 2}"  # a log-in is limited by address, and by name
        connection = served.connection(30, source)
        with contextlib.closing(connection):
            connection.request("GET", "/login/")
            page = connection.getresponse()
            cookie = page.headers["Set-Cookie"].partition(";")[0]
            token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode())[1]
            asked.wait(60)
            form = f"csrf_token={token}&username=nobody{number}&password=nothing"
            asked.wait(60)
            connection.request("POST", "/login/", form, {"Cookie": cookie, "Content-Type": FORM})
            connection.getresponse().read()

    def pages_wait() -> bool:
        try:
            return not served.ask("GET", "/login/")
        except TimeoutError:
            return True

    with psycopg.connect(served.dsn) as lock, ThreadPoolExecutor(people) as pool:
        tries = [pool.submit(log_in, number) for number in range(people)]
        asked.wait(60)
        lock.execute("lock table public.ab_user in access exclusive mode")
        asked.wait(60)
        eventually(pages_wait)
        for _ in range(5):
            works(served)
        lock.rollback()
        for one in tries:
            one.result()
    assert served.ask("GET", "/login/", within=10) == 200


def test_one_address_may_not_have_everything(served):
    """Idle connections of one address make room for its next ones; another address does not notice."""
    idle = [served.connect("127.0.0.77") for _ in range(100)]
    time.sleep(1)
    for connection in idle:
        connection.setblocking(False)
    assert sum(hung_up(connection) for connection in idle) == 36
    assert served.ask("GET", "/healthz", source="127.0.0.77") == 200
    works(served)
    for connection in idle:
        connection.close()


def test_a_head_without_end_is_refused(served):
    with served.connect() as connection, contextlib.suppress(OSError):
        connection.sendall(HEAD)
        for _ in range(100):
            connection.sendall(b"x" * 8192)
        connection.setblocking(False)
        eventually(lambda: hung_up(connection))
    works(served)


def test_it_stops_soon_with_slow_callers_and_readers_at_it():
    with served_portal(16650) as served:
        slow = slow_callers(served, 24, *SLOW["hook"])
        threading.Timer(3, served.process.terminate).start()
        with slow:
            served.process.wait(timeout=20)


def raw(served, request, seconds=10.0):
    """What comes back to these bytes on a connection of their own."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=seconds) as caller:
        caller.sendall(request)
        with contextlib.suppress(TimeoutError):
            return caller.recv(65536).decode("latin-1")
    return ""


def test_a_trailer_never_becomes_a_header(served):
    """RFC 9110, 6.5.1: it comes after whatever looked at the head, so it must not pass for a part of it."""
    request = (
        "POST /login/ HTTP/1.1\r\nHost: portal\r\nTransfer-Encoding: chunked\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\n0\r\nHX-Request: true\r\nCookie: a=b\r\n\r\n"
    )
    assert raw(served, request.encode()).startswith(
        "HTTP/1.1 400"
    )  # a form without its token, as without the trailer
    head = "GET /packets/ HTTP/1.1\r\nHost: portal\r\n"
    in_head = raw(served, f"{head}HX-Request: true\r\n\r\n".encode())
    in_trailer = raw(
        served, f"{head}Transfer-Encoding: chunked\r\n\r\n0\r\nHX-Request: true\r\n\r\n".encode()
    )
    assert in_head.startswith("HTTP/1.1 401")
    assert in_trailer.startswith("HTTP/1.1 302"), "the trailer was read as a header"


def test_endless_trailers_are_cut_and_take_no_memory(served):
    before = served.process.memory_info().rss
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as caller:
        caller.sendall(
            b"POST /hooks/twilio HTTP/1.1\r\nHost: portal\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
        )
        sent = 0
        with contextlib.suppress(OSError):
            while sent < 50 * 2**20:
                sent += caller.send(b"".join(b"a%07d: b\r\n" % number for number in range(5_000)))
    assert sent < 50 * 2**20, "the trailers were not cut"
    assert served.process.memory_info().rss - before < 20 * 2**20
    works(served)
