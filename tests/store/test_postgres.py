import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from pipelines.errors import SettingsError
from pipelines.settings import PROJECT
from pipelines.store import postgres_place
from pipelines.store.postgres import EmbeddedPostgres, main
from pipelines.store.postgres_server import free_port, is_postgres_of
from pipelines.store.postgres_tuning import MIB, configuration

PORT = 15700


KEEP_SEVEN = "create table kept as select 7 as number"


def tell(server, statement):
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(statement)


def ask(server, question):
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        return connection.execute(question).fetchone()[0]


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
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("jit", "off"),
        ("TimeZone", "UTC"),
        ("log_min_messages", "log"),
        ("log_error_verbosity", "terse"),
        ("log_min_error_statement", "panic"),
        ("log_parameter_max_length_on_error", "0"),
    ],
)
def test_is_set_up_as_the_pipeline_needs_it(postgres, name, value):
    with psycopg.connect(postgres) as connection:
        assert connection.execute("select current_setting(%s)", [name]).fetchone()[0] == value


def test_text_folds_and_sorts_beyond_ascii(postgres):
    with psycopg.connect(postgres) as connection:
        assert connection.execute("select lower('ÀÉÎ'), 'é' ~ '^[[:alpha:]]$'").fetchone() == ("àéî", True)


def test_nobody_enters_without_the_password(postgres_server):
    for password in ("", "postgres"):
        url = postgres_server.url().set(drivername="postgresql", password=password)
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(url.render_as_string(hide_password=False))


def test_rows_outlive_a_stop_and_a_second_start_attaches(embedded, postgres_home):
    server = embedded.start()
    tell(server, KEEP_SEVEN)
    began = time.monotonic()
    assert EmbeddedPostgres(postgres_home).start() == server
    assert time.monotonic() - began < 1
    embedded.stop()
    assert embedded.running() is None
    assert ask(embedded.start(), "select number from kept") == 7


def test_rows_outlive_a_kill_of_everything(embedded):
    server = embedded.start()
    tell(server, KEEP_SEVEN)
    head = psutil.Process(server.pid)
    family = [head, *head.children(recursive=True)]
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):  # the children end by themselves without their head
            process.kill()
    psutil.wait_procs(family, timeout=10)
    again = embedded.start()
    assert again.pid != server.pid
    assert ask(again, "select number from kept") == 7


def test_starts_right_after_only_its_head_was_killed(embedded):
    """The children of the killed server hold its memory for a moment, which PostgreSQL takes for a second server."""
    server = embedded.start()
    os.kill(server.pid, signal.SIGKILL)
    assert ask(embedded.start(), "select 1") == 1


def test_a_note_that_names_a_stranger_is_not_believed(embedded):
    """A killed server's number may belong to another process by now; that one must live and we must start."""
    server = embedded.start()
    embedded.stop()
    account = server.data.stat()
    stranger = subprocess.Popen(["sleep", "60"], user=account.st_uid, cwd="/")
    try:
        note = [str(stranger.pid), str(server.data), "1", str(server.port), "", "127.0.0.1", "1 1", "ready"]
        (server.data / "postmaster.pid").write_text("\n".join(note) + "\n")
        assert embedded.running() is None
        embedded.stop()
        assert ask(embedded.start(), "select 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_half_a_setup_is_thrown_away(embedded, postgres_home):
    half = postgres_home / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    assert ask(embedded.start(), "select 1") == 1
    assert not half.exists()


def test_a_taken_port_is_passed_by_and_the_found_one_kept(embedded, postgres_home):
    with socket.create_server(("127.0.0.1", free_port(PORT))) as taken:
        server = embedded.start()
        assert server.port > taken.getsockname()[1]
    embedded.stop()
    assert EmbeddedPostgres(postgres_home, port=PORT).start().port == server.port


def test_a_port_lost_since_the_last_time_is_replaced(embedded):
    server = embedded.start()
    embedded.stop()
    with socket.create_server(("127.0.0.1", server.port)):
        assert embedded.start().port != server.port


def test_starters_at_once_end_with_one_server(postgres_home):
    command = [sys.executable, "-m", "pipelines.store.postgres", "start", "--home", str(postgres_home)]
    starters = [subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    answers = {starter.communicate(timeout=120)[0].splitlines()[-1] for starter in starters}
    assert len(answers) == 1
    assert answers.pop().startswith("PostgreSQL answers on port")


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
    written = (postgres_home / "logs" / "postgres.log").read_text()
    assert "ready to accept connections" in written
    assert "1555000" not in written
    assert "secret-age" not in written


def test_data_of_another_major_version_is_left_alone(embedded):
    server = embedded.start()
    embedded.stop()
    (server.data / "PG_VERSION").write_text("16\n")
    with pytest.raises(SettingsError, match=r"made by PostgreSQL 16.*brings 18"):
        embedded.start()


def test_a_server_that_cannot_start_says_where_to_look(embedded):
    server = embedded.start()
    embedded.stop()
    (server.data / "global" / "pg_control").unlink()
    with pytest.raises(SettingsError, match=r"did not start\. The reason is in .*postgres\.log"):
        embedded.start()


def test_memory_is_a_quarter_and_never_more_than_two_gigabytes():
    assert "shared_buffers = 1024MB" in configuration(1, 4096 * MIB)
    assert "shared_buffers = 2048MB" in configuration(1, 64 * 1024 * MIB)


def test_a_stranger_is_no_server_of_ours(tmp_path):
    assert not is_postgres_of(os.getpid(), tmp_path)
    assert not is_postgres_of(2**22 + 1, tmp_path)


def test_command_says_whether_a_server_runs(postgres_home, capsys):
    home = ["--home", str(postgres_home)]
    assert main(["status", *home]) == 3
    assert main(["start", *home]) == 0
    assert main(["url", *home]) == 0
    with psycopg.connect(capsys.readouterr().out.splitlines()[-1]) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert main(["stop", *home]) == 0
    assert main(["status", *home]) == 3


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can hand the server to another account")


@as_root
def test_root_never_runs_the_server(embedded):
    server = embedded.start()
    assert psutil.Process(server.pid).username() in {"packetboat", "nobody"}


@as_root
def test_a_closed_home_keeps_its_permissions_and_the_data_go_elsewhere(tmp_path, postgres_home, monkeypatch):
    """As in a checkout below /root: nobody else may enter, and that stays so."""
    monkeypatch.setattr(postgres_place, "OUTSIDE", postgres_home / "outside")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    embedded = EmbeddedPostgres(closed / "home", port=PORT)
    server = embedded.start()
    try:
        assert server.data.is_relative_to(postgres_place.OUTSIDE)
        assert closed.stat().st_mode & 0o777 == 0o700
        tell(server, KEEP_SEVEN)
        embedded.stop()
        assert ask(embedded.start(), "select number from kept") == 7
    finally:
        embedded.stop()


@as_root
def test_binaries_that_the_account_cannot_reach_are_copied(tmp_path, postgres_home, monkeypatch):
    monkeypatch.setattr(postgres_place, "OUTSIDE", postgres_home / "outside")
    wheel = postgres_place._wheel_binaries()
    package = wheel.parent.parent
    closed = tmp_path / "site-packages"
    closed.mkdir(mode=0o700)
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, closed / part.name, symlinks=True)
    monkeypatch.setattr(sys, "path", [str(closed), *sys.path])
    embedded = EmbeddedPostgres(postgres_home, port=PORT)
    server = embedded.start()
    try:
        running = Path(psutil.Process(server.pid).cmdline()[0])
        assert running.is_relative_to(postgres_place.OUTSIDE)
        assert ask(server, "select 1") == 1
    finally:
        embedded.stop()


def as_nobody(function):
    """Run it in a forked child that has become `nobody`; its error, if any, comes back as text.

    A fresh interpreter would not do: the one that runs the tests may lie where `nobody` cannot go.
    """
    account = pwd.getpwnam("nobody")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        try:
            function()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent shall see it
            os.write(writer, f"{type(error).__name__}: {error}".encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as answer:
        return answer.read()


@as_root
def test_an_ordinary_user_starts_a_server_too(embedded, postgres_home):
    """And root, coming later, serves that user's data as that user."""
    account = pwd.getpwnam("nobody")
    os.chown(postgres_home, account.pw_uid, account.pw_gid)
    assert as_nobody(embedded.start) == ""
    embedded.stop()
    assert psutil.Process(embedded.start().pid).username() == "nobody"


@as_root
def test_data_of_somebody_else_is_refused_with_a_sentence(postgres_home):
    (postgres_home / "postgres" / "data").mkdir(parents=True)
    answer = as_nobody(lambda: postgres_place.find_place(postgres_home))
    assert answer.startswith("SettingsError: The data in")
    assert "belongs to another account" in answer
