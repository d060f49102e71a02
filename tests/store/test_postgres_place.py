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


def tell(server, statement):
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(statement)


def ask(server, question):
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        return connection.execute(question).fetchone()[0]


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can hand the server to another account")


@as_root
def test_root_never_runs_the_server(embedded):
    server = embedded.start()
    assert psutil.Process(server.pid).username() in {"packetboat", "nobody"}


@as_root
def test_data_stay_where_they_are_when_the_way_to_them_is_closed(embedded, postgres_home, monkeypatch):
    """An empty database elsewhere would look like a loss, and the server that runs here would be forgotten."""
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
