"""The whole system, started once for all tests that need it."""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import requests

from pipelines.cli.demo import clinic
from pipelines.cli.log_ins import ensure_support
from pipelines.launcher.environment import process_environment
from pipelines.launcher.system import System, running_system
from pipelines.settings import Settings


@pytest.fixture(scope="session")
def system():
    """PostgreSQL, Airflow, portal and sandbox in a temporary home, with the demo's clinic and a log-in for support. Its path is short because it contains sockets."""
    with tempfile.TemporaryDirectory(prefix="packetboat-system-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)
        settings = Settings(
            home=Path(home),
            postgres_port=5699,
            portal_port=8270,
            sandbox_port=8271,
            airflow_port=8272,
            webhooks_to_this_machine=True,
        )
        with running_system(settings) as running:
            ensure_support(running.packetboat)
            clinic(running)
            yield running


@pytest.fixture(scope="session")
def start_command(system: System):
    """Start `packetboat …` as a person would in another shell."""

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", *arguments],
            env=process_environment(system.settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture(scope="session")
def packetboat_command(start_command):
    """Run `packetboat …` and wait for it; returns the finished process."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        process = start_command(*arguments)
        out, err = process.communicate(timeout=240)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    return run


@pytest.fixture(scope="session")
def journal(system: System):
    """The oracle: the sandbox's record of every accepted message, one dictionary per message, oldest first."""

    def read() -> list[dict]:
        lines = (system.settings.home / "sandbox" / "messages.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    return read


@pytest.fixture(scope="session")
def send(packetboat_command):
    """Send a file for a client's campaign and wait until it is settled; returns the packet's story."""

    def send(path: Path, client: str, campaign: str = "appointment-reminder") -> dict:
        process = packetboat_command(
            "packet", "send", str(path), "--client", client, "--campaign", campaign, "--wait", "--json"
        )
        assert process.returncode == 0, process.stderr
        return json.loads(process.stdout)

    return send


class Portal:
    """A person who is logged in to the portal, over real HTTP."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.url, self._session = url, requests.Session()
        answer = self.post("/login/", {"username": username, "password": password}, form="/login/")
        assert "/login/" not in answer.url, "the log-in was refused"

    def get(self, path: str, **options) -> requests.Response:
        return self._session.get(self.url + path, timeout=30, **options)

    def post(self, path: str, fields: dict, form: str = "/packets/", **options) -> requests.Response:
        """Send a form with the token of the page `form`."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(form).text)[1]
        return self._session.post(self.url + path, {"csrf_token": token} | fields, timeout=30, **options)


@pytest.fixture(scope="session")
def log_in(system: System):
    """Log in to the portal; returns the person's session."""

    def log_in(username: str, password: str) -> Portal:
        return Portal(system.urls["portal"], username, password)

    return log_in
