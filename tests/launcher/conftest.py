import json
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psutil
import pytest

from pipelines.settings import PROJECT
from pipelines.store.postgres import EmbeddedPostgres


@dataclass
class Held:
    """A launcher that runs in a process of its own."""

    process: subprocess.Popen[str]
    said: dict[str, Any]
    family: list[psutil.Process]

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)

    def survivors(self) -> list[psutil.Process]:
        """Whoever of the launcher, its services and PostgreSQL still runs."""
        _gone, alive = psutil.wait_procs(self.family, timeout=3)
        return [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture
def hold(postgres_home) -> Callable[..., Held]:
    """Start a launcher on an empty home: `hold("sandbox", port=…)`."""
    held: list[Held] = []

    def start(services: str, port: int) -> Held:
        command = [sys.executable, "-m", "tests.launcher.hold", str(postgres_home), services, str(port)]
        process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        said = _only_line(process)
        server = EmbeddedPostgres(postgres_home).running()
        family = [psutil.Process(pid) for pid in (process.pid, server.pid, *said["pids"].values())]
        family += [child for leader in family for child in leader.children(recursive=True)]
        held.append(Held(process, said, family))
        return held[-1]

    yield start
    for launcher in held:
        if launcher.process.poll() is None:
            launcher.end(signal.SIGTERM)
        launcher.process.stdout.close()
        for process in launcher.survivors():
            with suppress(psutil.NoSuchProcess):
                process.kill()


def _only_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What it says when it is up: standard output holds nothing else, so that `--json` stays readable."""
    line = process.stdout.readline()
    assert line, f"the launcher ended with {process.wait()} before it was up"
    return json.loads(line)
