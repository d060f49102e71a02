"""An upload and a disk without room: refused before it is full, and nothing is left of what did not fit."""

import io

import pytest
from sqlalchemy import text

from pipelines.actions.packets.accept_packet import Submission, accept_packet
from pipelines.errors import NoRoom
from pipelines.settings import Settings
from pipelines.store import room
from pipelines.store.files import Files
from pipelines.store.unit_of_work import UnitOfWork
from tests.small_disk import MEBIBYTE, small_disk

HEADER = b"first_name,phone,contact_date\n"
ROW = b"Ann,+12025550100,2030-05-01\n"


@pytest.fixture
def home(tmp_path):
    """A home whose files are on a disk of 64 MB."""
    settings = Settings(_env_file=None, home=tmp_path)
    settings.files_dir.mkdir()
    return settings


@pytest.fixture
def disk(home):
    with small_disk(home.files_dir, 64) as disk:
        yield disk


@pytest.fixture
def submit(database, business, home):
    submission = Submission(business.client_id, business.campaign_id, "people.csv", "cli", "ann")

    def submit(settings=home, *, size=100):
        content = HEADER + ROW * (size // len(ROW))
        return accept_packet(database.engine("app"), settings, submission, io.BytesIO(content))

    return submit


def files(home):
    return sorted(path.name for path in home.files_dir.iterdir())


def packets(database, business):
    with UnitOfWork(database.engine("app"), business.client_id) as uow:
        return uow.scalar(text("select count(*) from data_packet"))


def test_a_small_disk_takes_files_while_there_is_room(disk, submit, home):
    receipt = submit(size=30 * MEBIBYTE)
    assert files(home) == [receipt.sha256]


def test_a_file_is_refused_before_the_disk_is_full(disk, submit, home, database, business):
    reserved = Files(home).reserve
    assert reserved == 64 * MEBIBYTE // 20
    disk.leave(reserved - 4096)
    with pytest.raises(NoRoom, match=r"no room for the file .* nothing of it was kept"):
        submit()
    assert files(home) == ["ballast"]
    assert packets(database, business) == 0
    disk.leave(reserved + MEBIBYTE)
    assert submit().bytes


def test_a_file_that_would_use_up_the_reserve_is_refused_on_the_way(disk, submit, home, database, business):
    disk.leave(Files(home).reserve + 5 * MEBIBYTE)
    with pytest.raises(NoRoom):
        submit(size=8 * MEBIBYTE)
    assert files(home) == ["ballast"]
    assert packets(database, business) == 0
    assert room.free(home.files_dir) > Files(home).reserve
    assert submit(size=2 * MEBIBYTE).bytes


@pytest.mark.parametrize("left", [0, 3 * MEBIBYTE])
def test_a_disk_that_is_full_all_the_same_gives_the_same_sentence(disk, submit, home, left):
    """Another process used the space in the meantime: here nothing is reserved."""
    disk.leave(left)
    with pytest.raises(NoRoom):
        submit(home.model_copy(update={"disk_reserve_bytes": 0}), size=8 * MEBIBYTE)
    assert files(home) == ["ballast"]
    disk.clear()
    assert submit(size=8 * MEBIBYTE).bytes


def test_the_operator_says_how_much_stays_free(disk, submit, home):
    with pytest.raises(NoRoom):
        submit(home.model_copy(update={"disk_reserve_bytes": 65 * MEBIBYTE}))
    assert submit(home.model_copy(update={"disk_reserve_bytes": 60 * MEBIBYTE})).bytes


def test_of_a_large_disk_a_gigabyte_is_reserved(tmp_path):
    assert Files(Settings(_env_file=None, home=tmp_path)).reserve <= 1024**3
