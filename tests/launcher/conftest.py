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
class Launched:
    """A launcher that runs in a separate process. `report` is the line that it printed."""

    process: subprocess.Popen[str]
    report: dict[str, Any]
    family: list[psutil.Process]

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)

    def survivors(self) -> list[psutil.Process]:
        """The processes among the launcher, its services and PostgreSQL that still run."""
        _gone, alive = psutil.wait_procs(self.family, timeout=3)
        return [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture
def launch(postgres_home) -> Callable[..., Launched]:
    """Start a launcher on an empty home: `launch("sandbox", port=…)`."""
    launchers: list[Launched] = []

    def start(services: str, port: int) -> Launched:
        command = [sys.executable, "-m", "tests.launcher.launch", str(postgres_home), services, str(port)]
        process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        report = _only_line(process)
        server = EmbeddedPostgres(postgres_home).running()
        family = [psutil.Process(pid) for pid in (process.pid, server.pid, *report["pids"].values())]
        family += [child for leader in family for child in leader.children(recursive=True)]
        launchers.append(Launched(process, report, family))
        return launchers[-1]

    yield start
    for launcher in launchers:
        if launcher.process.poll() is None:
            launcher.end(signal.SIGTERM)
        launcher.process.stdout.close()
        for process in launcher.survivors():
            with suppress(psutil.NoSuchProcess):
                process.kill()


def _only_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The line that it prints when it is up. Nothing else is on standard output, so that `--json` stays readable."""
    line = process.stdout.readline()
    assert line, f"the launcher ended with {process.wait()} before it was up"
    return json.loads(line)
