"""The migration to codes of held rows, on a database that has some already."""

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import make_url, text

from pipelines.language import Sentence, say
from pipelines.store import migrate
from pipelines.store.engine import engine, role_url
from pipelines.store.provision import Databases, provision
from pipelines.store.unit_of_work import UnitOfWork
from tests.conftest import SECRETS

THIS = "0018"
BEFORE = """
insert into held_row (packet_id, row_no, client_id, step, line_no, rule, sentence)
values (uuidv7(), 1, uuidv7(), 'clean', 2, 'not_an_email', 'Words of that time.')
"""


@pytest.fixture
def owner(postgres):
    names = Databases(packetboat="packetboat_words", airflow="airflow_words")
    provision(postgres, SECRETS, names)
    owner = engine(role_url(make_url(postgres), "owner", SECRETS, names.packetboat))
    yield owner
    owner.dispose()


def test_an_earlier_reason_keeps_its_text(owner):
    before = ScriptDirectory.from_config(migrate._config()).get_revision(THIS).down_revision
    with owner.connect() as connection:
        command.upgrade(migrate._config(connection), before)
    with UnitOfWork(owner, every_client=True) as uow:
        uow.execute(text("set search_path = packetboat"))
        uow.execute(text(BEFORE))
        uow.commit()
    migrate.upgrade(owner)
    with UnitOfWork(owner, every_client=True) as uow:
        held = uow.one(text("select code, params from held_row"))
    assert held.code == "as_told_before"
    assert say(Sentence.from_json(*held), "fr") == "Words of that time."
