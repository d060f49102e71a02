"""The portal as the launcher starts it, in processes of its own, and callers that are slow, many or signed."""

import contextlib
import hashlib
import hmac
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import psutil
from twilio.request_validator import RequestValidator

from pipelines.settings import PROJECT
from pipelines.store.postgres import EmbeddedPostgres
from tests.fixtures_postgres import _sessions

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Served:
    """A portal that runs: where it listens, the secrets its callbacks are signed with, and its database."""

    url: str
    secrets: dict[str, str]
    dsn: str
    process: psutil.Process
    home: Path

    @property
    def port(self) -> int:
        return urlsplit(self.url).port

    def ask(self, method, path, body=None, headers=None, *, within=2.0, source="127.0.0.1"):
        """Status of one request on a fresh connection; TimeoutError when it takes longer than `within` seconds."""
        connection = self.connection(within, source)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            answer.read()
            return answer.status

    def connection(self, within: float, source: str) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=within, source_address=(source, 0))

    def twilio(self, **fields):
        """Path, body and headers of a status callback as Twilio signs it."""
        form = {"MessageSid": f"SM{uuid4().hex}", "MessageStatus": "sent", "To": "+12125550142"} | fields
        path = f"/hooks/twilio?attempt={uuid4()}"
        validator = RequestValidator(self.secrets["twilio_auth_token"])
        signature = validator.compute_signature(self.url + path, form)
        return path, urlencode(form), {"X-Twilio-Signature": signature, "Content-Type": FORM}

    def mailgun(self, **data):
        timestamp, token = str(int(time.time())), uuid4().hex
        key = self.secrets["mailgun_signing_key"].encode()
        signed = hmac.new(key, (timestamp + token).encode(), hashlib.sha256).hexdigest()
        event = {"event": "delivered", "id": uuid4().hex, "timestamp": time.time()} | data
        body = {
            "signature": {"timestamp": timestamp, "token": token, "signature": signed},
            "event-data": event,
        }
        return "/hooks/mailgun", json.dumps(body), {"Content-Type": "application/json"}

    def connect(self, source="127.0.0.1") -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=5, source_address=(source, 0))


@contextlib.contextmanager
def served_portal(port: int) -> Iterator[Served]:
    """Packetboat with PostgreSQL and the portal alone, on an empty home, until the block ends."""
    home = Path(tempfile.mkdtemp(prefix="home-", dir=_sessions()))
    home.chmod(0o755)
    command = [sys.executable, "-m", "tests.launcher.launch", str(home), "portal", str(port)]
    launcher = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    try:
        line = launcher.stdout.readline()
        assert line, f"the launcher ended with {launcher.wait()} before it was up"
        report = json.loads(line)
        secrets = json.loads((home / "secrets.json").read_text())
        dsn = EmbeddedPostgres(home).running().dsn("packetboat")
        yield Served(report["urls"]["portal"], secrets, dsn, psutil.Process(report["pids"]["portal"]), home)
    finally:
        launcher.terminate()
        launcher.wait(60)
        launcher.stdout.close()
        EmbeddedPostgres(home).stop()
        shutil.rmtree(home)


@contextlib.contextmanager
def slow_callers(served: Served, count: int, first: bytes, drop: bytes) -> Iterator[list[socket.socket]]:
    """Callers that send `first` and then one drop every two seconds; yields the connections that are not cut yet."""
    open_still = []
    done = threading.Event()

    def drip() -> None:
        while not done.wait(2):
            for connection in list(open_still):
                if hung_up(connection):
                    open_still.remove(connection)
                    continue
                with contextlib.suppress(OSError):
                    connection.send(drop)

    dripping = threading.Thread(target=drip)
    try:
        for _ in range(count):
            connection = served.connect()
            open_still.append(connection)
            connection.setblocking(False)
            with contextlib.suppress(OSError):
                connection.send(first)
        time.sleep(1)  # until all of them are where they want to be
        dripping.start()
        yield open_still
    finally:
        done.set()
        dripping.join()
        for connection in open_still:
            connection.close()


def hung_up(connection: socket.socket) -> bool:
    """Whether the other side has closed; an answer that came before is read and forgotten."""
    try:
        while connection.recv(65536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    connection.close()
    return True
