"""The measurements answer programs with one JSON document, whatever the processes behind them have to say."""

import json
import os
import subprocess
import sys

import pytest


@pytest.fixture
def bench(postgres_home):
    """Run `packetboat bench …` in a home of its own; returns what it printed for programs."""

    def bench(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.cli", "bench", *arguments, "--json"],
            env=os.environ | {"PACKETBOAT_HOME": str(postgres_home)},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "{" not in done.stderr, "log lines among the sentences for people"
        return json.loads(done.stdout)

    return bench


def test_prepare_says_what_each_step_took_and_the_quotients(bench):
    found = bench("prepare", "--rows", "200")
    assert found["rows"] == 200
    assert set(found["steps"]) == {"load", "map_fields", "clean", "check", "assemble"}
    assert found["steps"]["assemble"]["rows_out"] == 200
    assert found["ratio"]["prepare_over_raw_copy"] > 0
    assert found["ratio"]["peak_memory_over_that_of_a_tenth"] > 0


def test_dispatch_says_how_fast_the_lanes_were_beside_a_bare_loop(bench):
    found = bench("dispatch", "--channel", "sms", "--rows", "40")
    assert (found["messages"], len(found["dispatch_per_second"])) == (40, 3)
    assert found["ratio"]["dispatch_over_bare_loop"] > 0
