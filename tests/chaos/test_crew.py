"""The processes of a soak: whoever ends is started again, and ends that nobody brought about are counted."""

import os
import random
import signal
import sys
import time
from collections import Counter

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from pipelines.cli.bench.soak.crew import Crew, Forked
from pipelines.cli.bench.soak.work import is_crash
from pipelines.errors import NoRoom, StepFailed, TryLater
from tests.fixtures_sandbox import eventually

FOR_EVER = 3600.0  # seconds


def test_a_member_that_is_killed_has_not_crashed():
    lane = Forked("lane", time.sleep, (FOR_EVER,))
    with Crew([lane], random.Random(1)) as crew:
        for kill in (1, 2):
            crew.kill_one()
            assert crew.killed == {"lane": kill}
            eventually(lambda: lane.pid is not None, within=120)
    assert +crew.crashed == Counter()


@pytest.mark.parametrize(
    ("work", "arguments"),
    [
        pytest.param(os._exit, (3,), id="an error"),
        pytest.param(os._exit, (0,), id="an end without one"),
        pytest.param(signal.raise_signal, (signal.SIGKILL,), id="killed by somebody else"),
    ],
)
def test_a_member_that_ends_by_itself_has_crashed_and_is_started_again(work, arguments):
    with Crew([Forked("lane", work, arguments)], random.Random(1)) as crew:
        eventually(lambda: crew.crashed["lane"] >= 2, within=120)
    assert +crew.killed == Counter()


def test_a_member_that_crashed_after_the_last_look_is_counted(monkeypatch):
    monkeypatch.setattr(sys.modules[Crew.__module__], "LOOK_EVERY", FOR_EVER)
    lane = Forked("lane", os._exit, (3,))
    with Crew([lane], random.Random(1)) as crew:
        lane.begin()
        lane.wait()
    assert crew.crashed == {"lane": 1}


@pytest.mark.parametrize(
    ("error", "crashed"),
    [
        (StepFailed("unexpected", error="KeyError", place="claim.py:1"), True),
        (StepFailed("database_refused", state="23505"), True),
        (StepFailed("packet_not_sending", state="settled"), False),
        (TryLater("database_away"), False),
        (NoRoom(), False),
        (OperationalError("select 1", {}, Exception()), False),
        (IntegrityError("insert", {}, Exception()), True),
        (ProgrammingError("select", {}, Exception()), True),
    ],
)
def test_an_error_that_nothing_explains_is_a_crash(error, crashed):
    assert is_crash(error) is crashed
