"""The migration to campaign versions, on a database that has campaigns and packets already."""

import json

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import make_url, text

from pipelines.store import migrate
from pipelines.store.engine import engine, role_url
from pipelines.store.provision import Databases, provision
from pipelines.store.unit_of_work import UnitOfWork
from tests.conftest import SECRETS

THIS = "0013"
BEFORE = """
with made as (insert into client (slug, name) values ('old', 'Old') returning id),
    reminder as (
        insert into campaign (client_id, slug, name, details) select id, 'r', 'R', '{"schema": 1, "type": "lab"}' from made
        returning id, client_id
    ),
    texts as (
        insert into template (client_id, campaign_id, channel, language, version, body)
        select client_id, id, 'sms', language, version, language || version
        from reminder, (values ('en', 1), ('en', 2), ('fr', 1)) as written (language, version)
    ),
    source as (insert into feed (client_id, campaign_id) select client_id, id from reminder returning id)
insert into data_packet (client_id, campaign_id, feed_id, source, submitted_by, file_name, bytes, md5, sha256)
select client_id, reminder.id, source.id, 'cli', 'ann', 'a.csv', 1, 'x', 'x' from reminder, source
"""
AFTER = """
select
    version.version, version.details, version.created_by,
    array(select body from template where id = any(template_ids) order by body) as texts
from data_packet
join campaign_version as version on version.id = campaign_version_id
"""


@pytest.fixture
def owner(postgres):
    names = Databases(packetboat="packetboat_before", airflow="airflow_before")
    provision(postgres, SECRETS, names)
    owner = engine(role_url(make_url(postgres), "owner", SECRETS, names.packetboat))
    yield owner
    owner.dispose()


def test_a_campaign_becomes_its_version_1_and_its_packets_are_pinned_to_it(owner):
    config = migrate._config()
    before = ScriptDirectory.from_config(config).get_revision(THIS).down_revision
    with owner.connect() as connection:
        command.upgrade(migrate._config(connection), before)
    with UnitOfWork(owner, every_client=True) as uow:
        uow.execute(text("set search_path = packetboat"))
        uow.execute(text(BEFORE.replace(":", r"\:")))
        uow.commit()
    migrate.upgrade(owner)
    with UnitOfWork(owner, every_client=True) as uow:
        found = uow.one(text(AFTER))
    assert found.details == json.loads('{"schema": 1, "type": "lab"}')
    assert (found.version, found.created_by, found.texts) == (1, "migration", ["en2", "fr1"])
