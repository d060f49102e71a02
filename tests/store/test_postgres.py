import contextlib
import os
import signal
import socket
import subprocess
import sys

import psutil
import psycopg
import pytest

from pipelines.errors import SettingsError
from pipelines.settings import PROJECT
from pipelines.store.postgres import EmbeddedPostgres, main
from pipelines.store.postgres_server import free_port, is_postgres_of
from pipelines.store.postgres_tuning import MIB, configuration

PORT = 15700


KEEP_SEVEN = "create table kept as select 7 as number"


def run(server, statement):
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(statement)


def scalar(server, query):
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        return connection.execute(query).fetchone()[0]


@pytest.fixture
def embedded(postgres_home):
    return EmbeddedPostgres(postgres_home, port=PORT)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("server_encoding", "UTF8"),
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", ""),
        ("password_encryption", "scram-sha-256"),
        ("max_connections", "200"),
        ("synchronous_commit", "on"),
        ("jit", "off"),
        ("TimeZone", "UTC"),
        ("log_min_messages", "log"),
        ("log_error_verbosity", "terse"),
        ("log_min_error_statement", "panic"),
        ("log_parameter_max_length_on_error", "0"),
    ],
)
def test_the_server_has_the_settings_that_the_pipeline_needs(postgres, name, value):
    with psycopg.connect(postgres) as connection:
        assert connection.execute("select current_setting(%s)", [name]).fetchone()[0] == value


def test_text_folds_and_sorts_beyond_ascii(postgres):
    with psycopg.connect(postgres) as connection:
        assert connection.execute("select lower('ÀÉÎ'), 'é' ~ '^[[:alpha:]]$'").fetchone() == ("àéî", True)


def test_a_wrong_password_is_refused(postgres_server):
    for password in ("", "postgres"):
        url = postgres_server.url().set(drivername="postgresql", password=password)
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(url.render_as_string(hide_password=False))


def test_rows_survive_a_stop_and_a_second_start_attaches(embedded, postgres_home):
    server = embedded.start()
    assert scalar(server, "show fsync") == "on"  # the tests' shared server goes without
    run(server, KEEP_SEVEN)
    running = embedded.running()
    assert EmbeddedPostgres(postgres_home).start() == server
    assert embedded.running() == running
    embedded.stop()
    assert embedded.running() is None
    assert scalar(embedded.start(), "select number from kept") == 7


def test_rows_survive_killing_every_process(embedded):
    server = embedded.start()
    run(server, KEEP_SEVEN)
    postmaster = psutil.Process(server.pid)
    processes = [postmaster, *postmaster.children(recursive=True)]
    for process in processes:
        with contextlib.suppress(
            psutil.NoSuchProcess
        ):  # the children exit by themselves without the postmaster
            process.kill()
    psutil.wait_procs(processes, timeout=10)
    again = embedded.start()
    assert again.pid != server.pid
    assert scalar(again, "select number from kept") == 7


def test_starts_right_after_only_the_postmaster_was_killed(embedded):
    """Its children hold the shared memory for a moment, which PostgreSQL takes for a second server."""
    server = embedded.start()
    os.kill(server.pid, signal.SIGKILL)
    assert scalar(embedded.start(), "select 1") == 1


def test_a_pid_file_that_names_another_process_is_not_trusted(embedded):
    """Another process may have the pid of a killed server: it must stay alive, and the server must start."""
    server = embedded.start()
    embedded.stop()
    account = server.data.stat()
    stranger = subprocess.Popen(["sleep", "60"], user=account.st_uid, cwd="/")
    try:
        lines = [str(stranger.pid), str(server.data), "1", str(server.port), "", "127.0.0.1", "1 1", "ready"]
        (server.data / "postmaster.pid").write_text("\n".join(lines) + "\n")
        assert embedded.running() is None
        embedded.stop()
        assert scalar(embedded.start(), "select 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_an_incomplete_setup_is_discarded(embedded, postgres_home):
    half = postgres_home / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    assert scalar(embedded.start(), "select 1") == 1
    assert not half.exists()


def test_a_taken_port_is_skipped_and_the_chosen_one_remembered(embedded, postgres_home):
    with socket.create_server(("127.0.0.1", free_port(PORT))) as taken:
        server = embedded.start()
        assert server.port > taken.getsockname()[1]
    embedded.stop()
    assert EmbeddedPostgres(postgres_home, port=PORT).start().port == server.port


def test_a_remembered_port_that_is_taken_now_is_replaced(embedded):
    server = embedded.start()
    embedded.stop()
    with socket.create_server(("127.0.0.1", server.port)):
        assert embedded.start().port != server.port


def test_a_port_file_that_a_full_disk_left_empty_is_rewritten(embedded, postgres_home):
    port = embedded.start().port
    embedded.stop()
    file = postgres_home / "postgres" / "port"
    file.write_text("")
    assert embedded.start().port == port
    assert file.read_text() == str(port)


def test_concurrent_starts_give_one_server(postgres_home):
    command = [sys.executable, "-m", "pipelines.store.postgres", "start", "--home", str(postgres_home)]
    starters = [subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    outputs = {starter.communicate(timeout=120)[0].splitlines()[-1] for starter in starters}
    assert len(outputs) == 1
    assert outputs.pop().startswith("PostgreSQL runs on port")


def test_no_row_reaches_the_log(embedded, postgres_home):
    server = embedded.start()
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("create table person (phone text unique, age int)")
        connection.execute("insert into person values ('+15550001111', 1)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("insert into person values (%s, 2)", ["+15550001111"])
        with (
            pytest.raises(psycopg.errors.InvalidTextRepresentation),
            connection.cursor().copy("copy person from stdin") as copy,
        ):
            copy.write("+15550002222\tsecret-age\n")
    embedded.stop()
    log = (postgres_home / "logs" / "postgres.log").read_text()
    assert "ready to accept connections" in log
    assert "1555000" not in log
    assert "secret-age" not in log


def test_data_of_another_major_version_is_left_alone(embedded):
    server = embedded.start()
    embedded.stop()
    (server.data / "PG_VERSION").write_text("16\n")
    with pytest.raises(SettingsError, match=r"made by PostgreSQL 16.*uses 18"):
        embedded.start()


def test_a_server_that_cannot_start_is_an_error_that_names_the_log(embedded):
    server = embedded.start()
    embedded.stop()
    (server.data / "global" / "pg_control").unlink()
    with pytest.raises(SettingsError, match=r"did not start\. The reason is in .*postgres\.log"):
        embedded.start()


def test_shared_buffers_are_a_quarter_of_memory_and_at_most_two_gigabytes():
    assert "shared_buffers = 1024MB" in configuration(1, 4096 * MIB)
    assert "shared_buffers = 2048MB" in configuration(1, 64 * 1024 * MIB)


def test_another_process_is_not_our_server(tmp_path):
    assert not is_postgres_of(os.getpid(), tmp_path)
    assert not is_postgres_of(2**22 + 1, tmp_path)


def test_the_command_says_whether_a_server_runs(postgres_home, capsys):
    home = ["--home", str(postgres_home)]
    assert main(["status", *home]) == 3
    assert main(["start", *home]) == 0
    assert main(["url", *home]) == 0
    with psycopg.connect(capsys.readouterr().out.splitlines()[-1]) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert main(["stop", *home]) == 0
    assert main(["status", *home]) == 3
