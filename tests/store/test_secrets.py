import json
import stat
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from pipelines.errors import SettingsError
from pipelines.store.secrets import MAKERS, load_or_create


def test_makes_every_secret_once(tmp_path):
    first = load_or_create(tmp_path)
    assert first.keys() == MAKERS.keys()
    assert all(first.values())
    assert load_or_create(tmp_path) == first


def test_only_the_owner_may_read_the_file(tmp_path):
    load_or_create(tmp_path)
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_two_installations_share_no_secret(tmp_path):
    one, other = load_or_create(tmp_path / "one"), load_or_create(tmp_path / "other")
    assert [name for name in one if one[name] == other[name]] == []


def test_secrets_have_the_format_their_users_expect(tmp_path):
    made = load_or_create(tmp_path)
    Fernet(made["airflow_fernet_key"])
    assert len(made["airflow_jwt_secret"]) >= 64


def test_a_new_version_adds_what_it_needs_and_changes_nothing(tmp_path):
    older = {"postgres_superuser": "as it was", "gone_in_this_version": "kept"}
    (tmp_path / "secrets.json").write_text(json.dumps(older))
    made = load_or_create(tmp_path)
    assert made.keys() == MAKERS.keys() | older.keys()
    assert made.items() >= older.items()
    assert load_or_create(tmp_path) == made


def test_declared_secrets_are_generated_as_well(tmp_path):
    first = load_or_create(tmp_path)
    made = load_or_create(tmp_path, {"pigeon_key": lambda: "one"})
    assert made == first | {"pigeon_key": "one"}
    assert load_or_create(tmp_path, {"pigeon_key": lambda: "other"}) == made


def test_a_broken_file_is_an_error_and_not_replaced(tmp_path):
    (tmp_path / "secrets.json").write_text('{"postgres_superuser": "ha')
    with pytest.raises(SettingsError, match=r"secrets\.json cannot be read"):
        load_or_create(tmp_path)
    assert (tmp_path / "secrets.json").read_text() == '{"postgres_superuser": "ha'


def test_concurrent_processes_agree(tmp_path):
    with ProcessPoolExecutor(6, mp_context=get_context("spawn")) as pool:
        made = list(pool.map(load_or_create, [Path(tmp_path)] * 12))
    assert all(secrets == made[0] for secrets in made)
