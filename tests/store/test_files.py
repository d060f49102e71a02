"""A file is stored once, for as long as a packet of any client needs it."""

import hashlib
import os
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from pipelines.errors import StepFailed
from pipelines.settings import Settings
from pipelines.store.files import Files
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_business, make_packet


@pytest.fixture
def app(database):
    return database.engine("app")


@pytest.fixture
def files(tmp_path):
    return Files(Settings(_env_file=None, home=tmp_path))


@pytest.fixture
def keep(app, business, files):
    """Keeps these bytes, in a transaction that is committed."""

    def keep(content):
        sha256 = hashlib.sha256(content).hexdigest()
        with UnitOfWork(app, business.client_id) as uow, files.incoming() as (path, stream):
            stream.write(content)
            stream.flush()
            files.keep(uow, path, sha256)
            uow.commit()
        return sha256

    return keep


def kept(files, sha256):
    try:
        with files.path(sha256) as path:
            return path.read_bytes()
    except StepFailed as error:
        return error.code


def test_a_kept_file_can_be_read_and_any_other_is_deleted(files, keep):
    with files.incoming() as (path, stream):
        stream.write(b"left")
    assert not path.exists()
    assert kept(files, keep(b"kept")) == b"kept"
    assert kept(files, "0" * 64) == "file_missing"


def test_the_same_bytes_are_stored_once(files, keep):
    assert keep(b"twice") == keep(b"twice")
    assert len(list(files.spool_folder().iterdir())) == 1


def test_a_file_stays_while_a_packet_of_any_client_needs_it(app, files, keep, database):
    """Even for a client that the deleting process cannot see."""
    content = os.urandom(8)
    sha256 = keep(content)
    other = make_business(database.engine("worker"))
    packet_id = make_packet(app, other, content)
    assert not files.delete_unless_needed(app, sha256)
    assert kept(files, sha256) == content
    with UnitOfWork(app, other.client_id) as uow:
        uow.execute(text("update data_packet set state = 'refused' where id = :id"), {"id": packet_id})
        uow.commit()
    assert files.delete_unless_needed(app, sha256)
    assert kept(files, sha256) == "file_missing"


def test_deleting_waits_for_a_transaction_that_keeps_the_file(app, business, files, keep):
    """The packet that needs the file is not committed yet, so it cannot be counted yet."""
    content = os.urandom(8)
    sha256, deleted = keep(content), []
    with UnitOfWork(app, business.client_id) as uow, files.incoming() as (path, stream):
        stream.write(content)
        stream.flush()
        files.keep(uow, path, sha256)
        deleting = threading.Thread(target=lambda: deleted.append(files.delete_unless_needed(app, sha256)))
        deleting.start()
        deleting.join(0.3)  # time in which it must not delete
        make_packet(app, business, content)
        uow.commit()
    deleting.join()
    assert deleted == [False]
    assert kept(files, sha256) == content


def test_only_abandoned_incoming_files_are_deleted(files, keep):
    sha256, now = keep(b"old"), datetime.now(UTC)
    for name, age in (("incoming-old", 2), ("incoming-new", 0)):
        path = files.spool_folder() / name
        path.touch()
        os.utime(path, ((now - timedelta(days=age)).timestamp(),) * 2)
    os.utime(files.spool_folder() / sha256, (0, 0))
    assert files.delete_unfinished(now - timedelta(days=1)) == 1
    assert sorted(path.name for path in files.spool_folder().iterdir()) == sorted([sha256, "incoming-new"])
