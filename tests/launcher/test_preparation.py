import json
import stat

import psycopg

from pipelines.launcher.preparation import Errands, database_identity, digest, write_passwords
from pipelines.store.secrets import load_or_create


def test_an_errand_is_needed_until_done_and_again_when_its_dependency_changes(tmp_path):
    assert Errands(tmp_path).needed("tables", "3.3.2")
    Errands(tmp_path).done("tables", "3.3.2")
    assert not Errands(tmp_path).needed("tables", "3.3.2")
    assert Errands(tmp_path).needed("tables", "3.3.3")
    assert Errands(tmp_path).needed("pools", "3.3.2")


def test_a_truncated_record_means_that_nothing_was_done(tmp_path):
    (tmp_path / "prepared.json").write_text('{"tables": "3.')
    assert Errands(tmp_path).needed("tables", "3.3.2")


def test_the_digest_sees_a_change_a_new_file_and_a_new_name(tmp_path):
    folder = tmp_path / "dags"
    folder.mkdir()
    (folder / "one.py").write_text("1")
    digests = {digest([folder])}
    (folder / "one.py").write_text("2")
    digests.add(digest([folder]))
    (folder / "two.py").write_text("2")
    digests.add(digest([folder]))
    (folder / "two.py").rename(folder / "three.py")
    digests.add(digest([folder]))
    assert len(digests) == 4
    (folder / "notes.txt").write_text("not code")
    assert digest([folder]) in digests


def test_only_the_owner_may_read_the_passwords(tmp_path):
    secrets = load_or_create(tmp_path)
    write_passwords(tmp_path, secrets)
    path = tmp_path / "airflow" / "passwords.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == {
        "ops": secrets["airflow_ops_password"],
        "packetboat": secrets["airflow_service_password"],
    }


def test_a_recreated_database_has_another_identity(postgres):
    with psycopg.connect(postgres, autocommit=True) as admin:
        identities = set()
        for _ in range(2):
            admin.execute("drop database if exists recreated")
            admin.execute("create database recreated")
            identities.add(database_identity(postgres, "recreated"))
        admin.execute("drop database recreated")
    assert len(identities) == 2
