"""The benchmarks print one JSON document, whatever their processes log."""

import json
import os
import subprocess
import sys

import pytest


@pytest.fixture
def bench(postgres_home):
    """Runs `packetboat bench …` in a new home; returns its JSON document."""

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


def test_prepare_reports_each_step_and_the_ratios(bench):
    report = bench("prepare", "--rows", "200")
    assert report["rows"] == 200
    assert set(report["steps"]) == {"load", "map_fields", "clean", "check", "assemble"}
    assert report["steps"]["assemble"]["rows_out"] == 200
    assert report["ratio"]["prepare_over_raw_copy"] > 0
    assert report["ratio"]["peak_memory_over_that_of_a_tenth"] > 0


def test_dispatch_reports_the_speed_of_the_lanes_and_of_a_bare_loop(bench):
    report = bench("dispatch", "--channel", "sms", "--rows", "40", "--errands")
    assert (report["messages"], report["errands"], len(report["dispatch_per_second"])) == (40, True, 3)
    assert report["ratio"]["dispatch_over_bare_loop"] > 0


def test_callbacks_reports_how_fast_they_are_stored_and_applied(bench):
    report = bench("callbacks", "--messages", "50")
    assert report["callbacks"] == 100
    assert report["messages"] == {"delivered": 42, "failed": 2, "undelivered": 6}
    assert (
        min(report["stored_per_second"], report["stored_per_core_second"], report["applied_per_second"]) > 0
    )
    assert 0 < report["p50_ms"] <= report["p99_ms"]
