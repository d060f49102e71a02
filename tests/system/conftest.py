"""The whole system, started once for all tests that need it."""

import tempfile
from pathlib import Path

import pytest

from pipelines.cli.demo import clinic
from pipelines.launcher.system import System, running_system
from pipelines.settings import Settings


@pytest.fixture(scope="session")
def system():
    """PostgreSQL, Airflow, portal and sandbox in a home of their own, with the demo's clinic. A short path: sockets live in it."""
    with tempfile.TemporaryDirectory(prefix="packetboat-system-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)
        apart = Settings(
            home=Path(home), postgres_port=5699, portal_port=8270, sandbox_port=8271, airflow_port=8272
        )
        with running_system(apart) as running:
            clinic(running)
            yield running


@pytest.fixture(scope="session")
def packetboat_command(system: System):
    """Run `packetboat …` as a person would in another shell; returns the finished process."""
    import subprocess
    import sys

    from pipelines.launcher.environment import process_environment

    def run(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pipelines.cli", *arguments],
            env=process_environment(system.settings),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
            **options,
        )

    return run
