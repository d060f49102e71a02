"""The migration that counts the rows that were too late, on a database that has some already."""

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import make_url, text

from pipelines.store import migrate
from pipelines.store.engine import engine, role_url
from pipelines.store.provision import Databases, provision
from pipelines.store.unit_of_work import UnitOfWork
from tests.conftest import SECRETS

THIS = "0024"
PACKET = "01900000-0000-7000-8000-000000000001"
MESSAGES = f"""
insert into message (id, client_id, packet_id, row_no, channel, state, address, language, template_id, body, rule, expires_at)
select uuidv7(), uuidv7(), '{PACKET}', row_no, channel, state, '+12025550143', 'en', uuidv7(), 'Hello', 'x', now()
from (values (1, 'sms', 'expired'), (1, 'email', 'delivered'), (2, 'sms', 'expired'), (3, 'sms', 'delivered')) as one (row_no, channel, state)
"""
ALONE = "alter table packet_total drop constraint packet_total_client_id_fkey, drop constraint packet_total_packet_id_fkey"
TOTALS = f"""
insert into packet_total (packet_id, client_id, rows_in, sent, failed, held, suppressed, expired, cancelled, waiting)
values ('{PACKET}', uuidv7(), 3, 2, 0, 0, 0, 1, 0, 0)
"""


@pytest.fixture
def owner(postgres):
    names = Databases(packetboat="packetboat_late", airflow="airflow_late")
    provision(postgres, SECRETS, names)
    owner = engine(role_url(make_url(postgres), "owner", SECRETS, names.packetboat))
    yield owner
    owner.dispose()


def test_a_row_is_counted_whatever_became_of_its_other_messages(owner):
    before = ScriptDirectory.from_config(migrate._config()).get_revision(THIS).down_revision
    with owner.connect() as connection:
        command.upgrade(migrate._config(connection), before)
    with UnitOfWork(owner, every_client=True) as uow:
        uow.execute(text("set search_path = packetboat"))
        for statement in (ALONE, MESSAGES, TOTALS):
            uow.execute(text(statement))
        uow.commit()
    migrate.upgrade(owner)
    with UnitOfWork(owner, every_client=True) as uow:
        assert uow.scalar(text("select late from packetboat.packet_total")) == 2
