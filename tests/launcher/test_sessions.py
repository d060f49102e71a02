import os
import subprocess
import sys
import time

import psutil
import pytest

from pipelines.launcher.sessions import Leader, end

# A leader with a child in a process group of its own, as a task of Airflow is; both survive SIGTERM if started as "stubborn".
FAMILY = """
import os, signal, subprocess, sys, time
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setpgid(0, 0)
time.sleep(60)
"""


@pytest.fixture
def family():
    started = []

    def start(*arguments):
        process = subprocess.Popen([sys.executable, "-c", FAMILY, *arguments], start_new_session=True)
        started.append(process)
        leader = Leader("family", process.pid, psutil.Process(process.pid).create_time())
        while len(leader.members()) < 2:
            time.sleep(0.02)
        return process, leader

    yield start
    for process in started:
        for member in psutil.process_iter():
            if _session(member.pid) == process.pid:
                member.kill()
        process.wait()


def _session(pid):
    try:
        return os.getsid(pid)
    except OSError:
        return None


def test_a_child_in_its_own_group_is_a_member_too(family):
    process, leader = family()
    assert leader.alive()
    assert {member.pid for member in leader.members()} >= {process.pid}
    assert len(leader.members()) == 2


def test_a_request_to_end_ends_the_family(family):
    process, leader = family()
    start = time.monotonic()
    end([leader], grace_seconds=10)
    assert time.monotonic() - start < 5
    assert leader.members() == []
    assert process.wait(5) != 0


def test_a_process_that_ignores_the_request_is_killed_after_the_grace_period(family):
    _process, leader = family("stubborn")
    time.sleep(0.3)  # until it ignores SIGTERM
    end([leader], grace_seconds=0.5)
    psutil.wait_procs(leader.members(), timeout=5)
    assert leader.members() == []


def test_orphans_are_found_when_their_leader_is_gone(family):
    process, leader = family()
    process.kill()
    process.wait()
    assert not leader.alive()
    assert len(leader.members()) == 1
    end([leader], grace_seconds=5)
    assert leader.members() == []


def test_a_number_reused_by_another_process_has_no_members(family):
    process, _leader = family()
    old = Leader("old", process.pid, time.time() - 3600)
    assert not old.alive()
    assert old.members() == []
    end([old], grace_seconds=1)
    assert process.poll() is None


def test_descendants_of_an_unrelated_process_with_the_same_number_are_spared():
    shell = subprocess.Popen(["sh", "-c", "sleep 60 & exit"], start_new_session=True)
    created = psutil.Process(shell.pid).create_time()
    shell.wait()
    (orphan,) = (process for process in psutil.process_iter() if _session(process.pid) == shell.pid)
    try:
        end([Leader("old", shell.pid, created)], grace_seconds=1)
        assert orphan.is_running()
    finally:
        orphan.kill()
