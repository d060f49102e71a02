import os
import pwd
import shutil
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from pipelines.store import postgres_place
from pipelines.store.postgres import EmbeddedPostgres

PORT = 15800
KEEP_SEVEN = "create table kept as select 7 as number"


@pytest.fixture
def embedded(postgres_home):
    return EmbeddedPostgres(postgres_home, port=PORT)


def run(server, statement):
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(statement)


def scalar(server, query):
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        return connection.execute(query).fetchone()[0]


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can hand the server to another account")


@as_root
def test_root_never_runs_the_server(embedded):
    server = embedded.start()
    assert psutil.Process(server.pid).username() in {"packetboat", "nobody"}


@as_root
def test_data_stays_where_it_is_when_it_becomes_inaccessible(embedded, postgres_home, monkeypatch):
    """An empty database elsewhere would look like data loss, and nobody would stop the running server."""
    monkeypatch.setattr(postgres_place, "OUTSIDE", postgres_home / "outside")
    server = embedded.start()
    postgres_home.chmod(0o700)
    try:
        assert embedded.running() == server
        embedded.stop()
        assert not psutil.pid_exists(server.pid)
        assert not (postgres_home / "outside").exists()
    finally:
        postgres_home.chmod(0o755)
        embedded.stop()


@as_root
def test_a_private_home_keeps_its_permissions_and_the_data_goes_elsewhere(
    tmp_path, postgres_home, monkeypatch
):
    """As in a checkout under /root, which stays closed to other accounts."""
    monkeypatch.setattr(postgres_place, "OUTSIDE", postgres_home / "outside")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    embedded = EmbeddedPostgres(closed / "home", port=PORT)
    server = embedded.start()
    try:
        assert server.data.is_relative_to(postgres_place.OUTSIDE)
        assert closed.stat().st_mode & 0o777 == 0o700
        run(server, KEEP_SEVEN)
        embedded.stop()
        assert scalar(embedded.start(), "select number from kept") == 7
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
        assert scalar(server, "select 1") == 1
    finally:
        embedded.stop()


def as_nobody(function):
    """Run it as `nobody` in a forked child; returns the text of its error, empty if there is none.

    A new interpreter would not work: `nobody` may not be able to reach it.
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
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent reports it
            os.write(writer, f"{type(error).__name__}: {error}".encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as pipe:
        return pipe.read()


@as_root
def test_an_ordinary_user_can_start_a_server(embedded, postgres_home):
    """When root starts it later, it still runs as that user."""
    account = pwd.getpwnam("nobody")
    os.chown(postgres_home, account.pw_uid, account.pw_gid)
    assert as_nobody(embedded.start) == ""
    embedded.stop()
    assert psutil.Process(embedded.start().pid).username() == "nobody"


@as_root
def test_data_of_another_account_is_refused(postgres_home):
    (postgres_home / "postgres" / "data").mkdir(parents=True)
    error = as_nobody(lambda: postgres_place.find_place(postgres_home))
    assert error.startswith("SettingsError: The data in")
    assert "belongs to another account" in error
