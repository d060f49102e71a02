"""A sandbox over real HTTP on a free port, and servers that misbehave below HTTP."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import requests

from pipelines.domain.sending import HookRequest
from pipelines.providers.carriers.base import Limits
from pipelines.providers.carriers.mailgun import Mailgun
from pipelines.providers.carriers.plivo import Plivo
from pipelines.providers.carriers.twilio import Twilio
from pipelines.sandbox.app import create_app
from pipelines.sandbox.config import SandboxConfig
from pipelines.sandbox.journal import Accepted, read_messages
from pipelines.sandbox.server import server
from pipelines.sandbox.services import secret_names, service_classes

# Any text will do, except where a path or an address is made of it.
SECRETS = {name: f"{name}-for-tests" for name in secret_names(service_classes().values())} | {
    "twilio_account_sid": "AC" + "0123456789abcdef" * 2,
    "mailgun_domain": "mail.packetboat.test",
    "address_key": "only-for-tests-address_key",
    "unsubscribe_key": "only-for-tests-unsubscribe_key",
}
QUICK = Limits(connect_timeout=0.5, call_timeout=1.0)


def eventually(found: Callable[[], object], *, within: float = 60.0) -> object:
    """What `found` returns once it is true; fails after `within` seconds."""
    end = time.monotonic() + within
    while not (value := found()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
    return value


@dataclass
class RunningSandbox:
    """The sandbox as a client sees it, and its journal as the oracle sees it."""

    url: str
    config: SandboxConfig

    def faults(self, *rules: dict[str, object]) -> None:
        answer = requests.post(self.url + "/sandbox/faults", json=rules, timeout=5)
        assert answer.ok, answer.text

    def journal(self) -> list[Accepted]:
        return list(read_messages(self.config.folder))

    def twilio(self, limits: Limits = QUICK) -> Twilio:
        account = {
            "account_sid": SECRETS["twilio_account_sid"],
            "auth_token": SECRETS["twilio_auth_token"],
        }
        return Twilio(self.url, account, limits)

    def mailgun(self, limits: Limits = QUICK) -> Mailgun:
        account = {name: SECRETS[f"mailgun_{name}"] for name in ("domain", "api_key", "signing_key")}
        return Mailgun(self.url, account, limits)

    def plivo(self, limits: Limits = QUICK) -> Plivo:
        return Plivo(self.url, {name: SECRETS[f"plivo_{name}"] for name in ("auth_id", "auth_token")}, limits)


@contextlib.contextmanager
def running(config: SandboxConfig) -> Iterator[RunningSandbox]:
    """The sandbox in a thread of this process, until the block ends."""
    program = server(create_app(config), "127.0.0.1", 0)
    thread = threading.Thread(target=program.run)
    thread.start()
    try:
        eventually(lambda: program.started)
        port = program.servers[0].sockets[0].getsockname()[1]
        yield RunningSandbox(f"http://127.0.0.1:{port}", config)
    finally:
        program.should_exit = True
        thread.join(10)


EVERYTHING = 0.2  # seconds after which everything has happened to a message in the quick sandbox


def quick_config(folder: Path, **changes: object) -> SandboxConfig:
    """A sandbox in which everything happens within EVERYTHING."""
    return replace(SandboxConfig(folder, SECRETS, pace=0.1), **changes)


@pytest.fixture
def sandbox(tmp_path):
    with running(quick_config(tmp_path / "sandbox")) as found:
        yield found


@dataclass
class RawServer:
    """A TCP server that runs one function per connection and counts them."""

    port: int
    connections: list[socket.socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def raw_server():
    """Make a server out of a function that gets each connection; the function may close it."""
    with contextlib.ExitStack() as made:

        def make(behave: Callable[[socket.socket], None]) -> RawServer:
            listening = made.enter_context(socket.create_server(("127.0.0.1", 0)))
            found = RawServer(listening.getsockname()[1])

            def serve_one(connection):
                with connection, contextlib.suppress(OSError):
                    behave(connection)

            def accept():
                with contextlib.suppress(OSError):
                    while True:
                        connection, _ = listening.accept()
                        found.connections.append(connection)
                        threading.Thread(target=serve_one, args=[connection], daemon=True).start()

            threading.Thread(target=accept, daemon=True).start()
            made.callback(listening.shutdown, socket.SHUT_RDWR)
            return found

        yield make


def read_request(connection: socket.socket) -> bytes:
    """One whole request; empty when the client has gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := connection.recv(65536)):
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [
        line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    ]
    while len(body) < int(lengths[0] if lengths else 0):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answering(status: int, body: str, *headers: str) -> Callable[[socket.socket], None]:
    """A behaviour: answer each request on the connection with the same words."""
    data = body.encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(data)}", *headers]

    def behave(connection):
        while read_request(connection):
            connection.sendall("\r\n".join([*lines, "\r\n"]).encode() + data)

    return behave


@dataclass
class Receiver:
    """Our side of the callbacks: keeps each as it came, and answers with `status`."""

    url: str
    received: list[HookRequest] = field(default_factory=list)
    status: int = 204


@pytest.fixture
def receiver(raw_server):
    found = Receiver("")

    def behave(connection):
        while request := read_request(connection):
            head, _, body = request.partition(b"\r\n\r\n")
            first, *lines = head.decode().split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
            }
            url = f"http://{headers['host']}{first.split(' ')[1]}"
            found.received.append(HookRequest(url, headers, body))
            connection.sendall(f"HTTP/1.1 {found.status} X\r\nContent-Length: 0\r\n\r\n".encode())

    found.url = raw_server(behave).url
    return found
