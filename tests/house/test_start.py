"""The modules that a process loads at its start: heavy packages are loaded only when used."""

import subprocess
import sys

from pipelines.settings import PROJECT

HEAVY = {"pandas", "great_expectations"}


def test_the_portal_starts_without_heavy_packages():
    code = "import sys, webapp.app; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "webapp.app" in loaded
    assert not loaded & HEAVY
