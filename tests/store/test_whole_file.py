"""Small files are replaced completely or not at all, even on a full disk."""

import pytest

from pipelines.store.whole_file import replace_file
from tests.small_disk import small_disk


def test_a_file_is_created_and_replaced(tmp_path):
    for text in ("one", "two"):
        replace_file(tmp_path / "run.json", text)
        assert (tmp_path / "run.json").read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_the_file_is_prepared_before_it_is_in_place(tmp_path):
    replace_file(tmp_path / "conf", "text", lambda fresh: fresh.chmod(0o600))
    assert (tmp_path / "conf").stat().st_mode & 0o777 == 0o600


def test_a_full_disk_leaves_the_old_text(tmp_path):
    with small_disk(tmp_path, 1) as disk:
        replace_file(tmp_path / "run.json", "before")
        disk.fill()
        with pytest.raises(OSError, match="No space left"):
            replace_file(tmp_path / "run.json", "after" * 10_000)
        assert (tmp_path / "run.json").read_text() == "before"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["ballast", "run.json"]
        disk.clear()
        replace_file(tmp_path / "run.json", "after")
        assert (tmp_path / "run.json").read_text() == "after"
