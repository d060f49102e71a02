"""The portal on a full disk: the ordinary page or message with HTTP 507, and nothing left behind."""

import io
from pathlib import Path

import pytest

from pipelines.store.files import Files
from tests.small_disk import MEBIBYTE, small_disk

KIB = 1024
ROWS = b"first_name,mobile,appointment_date\n" + b"Maria,+1 212 555 0101,2026-12-01\n" * 30
JSON = {"Accept": "application/json"}


@pytest.fixture
def send(fresh):
    def sending(content=ROWS, **more):
        form = {"campaign": str(fresh.business.campaign_id), "file": (io.BytesIO(content), "people.csv")}
        return fresh.person.post("/send/", form, content_type="multipart/form-data", **more)

    return sending


@pytest.fixture
def disk(boat, monkeypatch):
    """The files of the portal on a disk of two megabytes, without a reserve."""
    folder: Path = boat.settings.files_dir
    folder.mkdir(exist_ok=True)
    monkeypatch.setattr(boat.settings, "disk_reserve_bytes", 0)
    with small_disk(folder, 2) as disk:
        yield disk


def test_an_upload_is_refused_before_the_disk_is_full(boat, fresh, send, monkeypatch):
    monkeypatch.setattr(boat.settings, "disk_reserve_bytes", 2**60)
    for answer in (send(), send(headers=JSON)):
        assert answer.status_code == 507
        assert "There is no room for the file on our side at the moment" in answer.text
    assert fresh.person.get("/packets/").status_code == 200


def test_a_large_upload_is_refused_before_it_is_read(disk, send):
    """It would briefly be on the disk twice."""
    disk.leave(500 * KIB)
    assert send(b"x" * 300 * KIB).status_code == 507


@pytest.mark.parametrize("headers", [{}, JSON])
def test_a_disk_that_fills_while_the_file_is_stored_gives_the_same_message(
    boat, disk, send, headers, monkeypatch
):
    monkeypatch.setattr(Files, "check_room", lambda *_: None)  # there was space when the upload started
    disk.fill()
    answer = send(headers=headers)
    assert answer.status_code == 507
    assert "nothing of it was kept" in answer.text
    assert [path.name for path in boat.settings.files_dir.iterdir()] == ["ballast"]


def test_a_disk_that_fills_while_the_body_arrives_gives_the_same_message(boat, disk, send, monkeypatch):
    monkeypatch.setattr(Files, "check_room", lambda *_: None)
    disk.leave(64 * KIB)
    answer = send(b"x" * 300 * KIB)  # more than is kept in memory
    assert answer.status_code == 507
    assert "nothing of it was kept" in answer.text
    assert [path.name for path in boat.settings.files_dir.iterdir()] == ["ballast"]


def test_with_enough_space_it_is_accepted(disk, send):
    disk.leave(MEBIBYTE)
    assert send().status_code == 303
