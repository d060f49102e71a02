"""`packetboat bench chaos`: every process is killed and PostgreSQL is stopped while the providers misbehave (B7, D2)."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pipelines.settings import PROJECT

pytestmark = pytest.mark.system


def soak(home, messages, kills, restarts, within):
    """The report of a soak that lost nothing, doubled nothing and left nothing unknown."""
    options = {"--messages": messages, "--kills": kills, "--restarts": restarts}
    command = [sys.executable, "-m", "pipelines.cli", "bench", "chaos", "--json"]
    for name, value in options.items():
        command += [name, str(value)]
    done = subprocess.run(
        command,
        cwd=PROJECT,
        env=os.environ | {"PACKETBOAT_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
    )
    assert done.stdout, done.stderr[-4000:]
    report = json.loads(done.stdout.splitlines()[-1])
    assert (report["lost"], report["doubled"], report["unknown_left"]) == (0, 0, 0), report
    assert (report["crashed"], report["imbalance"]) == ({}, []), (report, done.stderr[-4000:])
    assert report["ledger_differences"] == [], report
    assert 0 < report["spent_minor"] == report["accepted_minor"], report
    assert done.returncode == 0
    assert sum(report["states"].values()) == messages
    assert report["kills"] == kills
    assert len(report["restarts"]) == restarts
    return report


@pytest.fixture
def home():
    """PostgreSQL runs as an account of its own, to which pytest's folders are closed."""
    with tempfile.TemporaryDirectory(prefix="packetboat-soak-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.timeout(900)
def test_a_short_soak_loses_and_doubles_nothing(home):
    soak(home, messages=400, kills=5, restarts=1, within=800)


@pytest.mark.chaos
@pytest.mark.timeout(5400)
def test_a_soak_of_a_hundred_kills_loses_and_doubles_nothing(home):
    report = soak(home, messages=10_000, kills=100, restarts=5, within=5000)
    assert report["killed"].keys() == {"lane", "portal", "pulse"}
    assert max(report["restarts"]) <= 30, "seconds until a message went out after PostgreSQL was stopped"
