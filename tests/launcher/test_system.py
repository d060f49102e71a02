import contextlib
import fcntl
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr
from rich.console import Console

from pipelines.errors import PacketboatError
from pipelines.launcher import run_file
from pipelines.launcher.errors import AlreadyRunning, LaunchFailed
from pipelines.launcher.system import running_system
from pipelines.settings import PROJECT
from pipelines.store.postgres import EmbeddedPostgres
from tests.launcher.launch import settings_for

PORT = 16100


def status(url):
    host, port = url.removeprefix("http://").split(":")
    connection = HTTPConnection(host, int(port), timeout=5)
    connection.request("GET", "/")
    try:
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_taken_port_is_replaced_and_reported(postgres_home):
    console = Console(file=io.StringIO(), width=200)
    settings = settings_for(postgres_home, PORT)
    with (
        socket.create_server(("127.0.0.1", settings.sandbox_port)),
        running_system(settings, services={"sandbox"}, console=console) as system,
    ):
        assert system.settings.sandbox_port != settings.sandbox_port
        assert status(system.urls["sandbox"]) == 200
        actual = run_file.settings_of_run(settings)
        assert actual.sandbox_port == system.settings.sandbox_port
        assert system.settings.callback_base == system.urls["portal"]
    output = console.file.getvalue()
    assert (
        f"Port {settings.sandbox_port} is taken: sandbox answers on {system.settings.sandbox_port}." in output
    )
    assert run_file.settings_of_run(settings) == settings


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, -signal.SIGINT), (signal.SIGTERM, 128 + signal.SIGTERM)]
)
def test_a_termination_signal_leaves_no_process(launch, postgres_home, number, code):
    launched = launch("sandbox", PORT)
    assert launched.end(number) == code
    assert launched.survivors() == []
    assert not (postgres_home / "run.json").exists()
    assert EmbeddedPostgres(postgres_home).running() is None


@pytest.mark.parametrize("after_seconds", [0.3, 1.5, 3])
def test_ctrl_c_during_the_start_leaves_no_process(postgres_home, after_seconds):
    command = [sys.executable, "-m", "tests.launcher.launch", str(postgres_home), "sandbox", str(PORT)]
    launcher = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(after_seconds)
    launcher.send_signal(signal.SIGINT)
    assert launcher.wait(60) != 0
    leftovers = [
        process for process in psutil.process_iter() if str(postgres_home) in " ".join(_command_line(process))
    ]
    assert leftovers == []
    assert run_file.Run.read(postgres_home) is None


def _command_line(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_a_second_ctrl_c_does_not_interrupt_the_shutdown(launch):
    launched = launch("sandbox", PORT)
    for _ in range(3):
        launched.process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    launched.process.wait(60)
    assert launched.survivors() == []


def test_a_start_cleans_up_after_a_killed_launcher(launch, postgres_home):
    """Its services and PostgreSQL survive it. The next start ends the services and takes over PostgreSQL."""
    killed = launch("sandbox", PORT)
    killed.end(signal.SIGKILL)
    orphan = psutil.Process(killed.report["pids"]["sandbox"])
    again = launch("sandbox", PORT)
    # A process that has ended stays a zombie until its new parent reaps it.
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE
    assert again.report["urls"] == killed.report["urls"]
    assert status(again.report["urls"]["sandbox"]) == 200
    again.end(signal.SIGTERM)
    assert again.survivors() == []
    assert killed.survivors() == []


def test_a_start_works_after_everything_was_killed(launch):
    killed = launch("sandbox", PORT)
    for process in killed.family:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    killed.process.wait()
    assert status(launch("sandbox", PORT).report["urls"]["sandbox"]) == 200


def test_the_clean_up_spares_an_unrelated_process_with_an_old_number(postgres_home):
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        leader = run_file.Leader("sandbox", stranger.pid, time.time() - 3600)
        run_file.Run(run_file.Leader("launcher", 2**22 + 1, 0.0), {}, False, [leader]).write(postgres_home)
        with running_system(settings_for(postgres_home, PORT), services=set()):
            assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_second_launcher_is_refused_and_does_no_harm(launch, postgres_home):
    launched = launch("sandbox", PORT)
    with (
        pytest.raises(AlreadyRunning, match=rf"is already running in .* \(process {launched.process.pid}\)"),
        running_system(settings_for(postgres_home, PORT)),
    ):
        pass
    assert status(launched.report["urls"]["sandbox"]) == 200
    assert run_file.Run.read(postgres_home).launcher.pid == launched.process.pid


def test_the_error_names_the_running_launcher(launch, postgres_home):
    """The run file may still be that of a killed one: a launcher writes its own only when PostgreSQL runs."""
    launched = launch("sandbox", PORT)
    own_run_file = (postgres_home / "run.json").read_text()
    gone = subprocess.Popen(["true"])
    gone.wait()
    run_file.Run(run_file.Leader("launcher", gone.pid, 0.0), {}).write(postgres_home)
    with (
        pytest.raises(AlreadyRunning, match=rf"\(process {launched.process.pid}\)"),
        running_system(settings_for(postgres_home, PORT)),
    ):
        pass
    (postgres_home / "run.json").write_text(own_run_file)


def test_a_launcher_without_a_known_number_is_not_guessed(postgres_home):
    with (postgres_home / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with (
            pytest.raises(AlreadyRunning, match="is not known yet"),
            running_system(settings_for(postgres_home, PORT)),
        ):
            pass


def test_a_service_that_dies_is_restarted_and_reported(postgres_home):
    console = Console(file=io.StringIO(), width=300)
    with running_system(settings_for(postgres_home, PORT), services={"sandbox"}, console=console) as system:
        (before,) = system.processes
        os.kill(before.pid, signal.SIGKILL)
        wait_for(lambda: any(leader.pid != before.pid for leader in system.processes))
        wait_for(lambda: _answers(system.urls["sandbox"]))
    assert "sandbox ended (exit code -9) and is started again" in console.file.getvalue()
    logged = (postgres_home / "logs" / "launcher.log").read_text().splitlines()
    warnings = [line["event"] for line in map(json.loads, logged) if line["level"] == "warning"]
    assert [event for event in warnings if event.startswith("service_")] == ["service_restarted"]


def test_postgres_is_restarted_when_it_dies(postgres_home):
    with running_system(settings_for(postgres_home, PORT), services=set()) as system:
        embedded = EmbeddedPostgres(postgres_home)
        before = embedded.running()
        os.kill(before.pid, signal.SIGKILL)
        wait_for(lambda: (now := embedded.running()) and now.pid != before.pid)
        assert embedded.running().url() == system.server


def test_a_service_that_keeps_dying_ends_the_run_and_names_its_log(postgres_home):
    """It is killed each time it comes back, until the launcher gives up."""

    def kill_forever(system):
        while True:
            for leader in system.processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    psutil.Process(leader.pid).kill()
            time.sleep(0.1)

    with (
        pytest.raises(LaunchFailed, match=r"sandbox ended 4 times within 10 minutes .*sandbox\.log"),
        running_system(settings_for(postgres_home, PORT), services={"sandbox"}) as system,
    ):
        kill_forever(system)


def test_a_server_that_ran_before_stays_up(postgres_home):
    server = EmbeddedPostgres(postgres_home, port=PORT).start()
    with running_system(settings_for(postgres_home, PORT), services=set()) as system:
        assert system.server == server.url()
    assert EmbeddedPostgres(postgres_home).running() == server


def test_the_operators_own_server_is_used_and_left_running(postgres_home):
    own = EmbeddedPostgres(postgres_home / "own", port=PORT)
    server = own.start()
    try:
        url = SecretStr(server.dsn())
        settings = settings_for(postgres_home / "home", PORT).model_copy(update={"database_url": url})
        with running_system(settings, services=set()) as system:
            assert system.server.port == server.port
            with system.packetboat.engine("app").connect() as connection:
                assert connection.exec_driver_sql("select current_user").scalar() == "packetboat_app"
        assert own.running() == server
        assert not (settings.home / "postgres").exists()
    finally:
        own.stop()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"home": Path("/dev/null/home")}, "/dev/null/home cannot be used .* PACKETBOAT_HOME"),
        ({"host": "192.0.2.1"}, "no address 192.0.2.1 to listen on.* PACKETBOAT_HOST"),
        (
            {"database_url": SecretStr("postgresql://who:hidden@127.0.0.1:9/postgres")},
            "port 9 failed: Connection refused.* PACKETBOAT_DATABASE_URL",
        ),
    ],
)
def test_an_unusable_setting_stops_the_start_and_is_named(postgres_home, change, message):
    settings = settings_for(postgres_home, PORT).model_copy(update=change)
    with pytest.raises(PacketboatError, match=message) as raised, running_system(settings):
        pass
    assert "hidden" not in str(raised.value)
    assert run_file.Run.read(postgres_home) is None


def _answers(url):
    try:
        return status(url) == 200
    except (OSError, HTTPException):
        return False


def wait_for(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not true within {seconds} s"
        time.sleep(0.1)
