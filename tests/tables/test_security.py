"""Row-level security on every tenant table, now and for the next one."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from pipelines.store import migrate
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_business

UNPROTECTED = """
select relation.relname
from pg_class as relation
join pg_namespace on pg_namespace.oid = relation.relnamespace
where pg_namespace.nspname = 'packetboat' and relation.relkind in ('r', 'p', 'm', 'v')
  and (relation.relname = 'client' or exists (
      select from pg_attribute
      where attrelid = relation.oid and attname = 'client_id' and not attisdropped
  ))
  and not (
      relation.relkind in ('r', 'p') and relation.relrowsecurity and relation.relforcerowsecurity
      and exists (select from pg_policy where polrelid = relation.oid)
      or relation.relkind = 'v' and 'security_invoker=true' = any (coalesce(relation.reloptions, '{}'))
  )
"""


# Foreign keys from a table of a client's to another whose columns leave the client out.
ACROSS_CLIENTS = """
select pg_constraint.conname
from pg_constraint
join pg_class as referring on referring.oid = conrelid
join pg_namespace on pg_namespace.oid = referring.relnamespace and nspname = 'packetboat'
where contype = 'f'
  and exists (select from pg_attribute where attrelid = conrelid and attname = 'client_id' and not attisdropped)
  and exists (select from pg_attribute where attrelid = confrelid and attname = 'client_id' and not attisdropped)
  and not exists (
      select from unnest(conkey, confkey) as pair (own, other)
      join pg_attribute as mine on mine.attrelid = conrelid and mine.attnum = own and mine.attname = 'client_id'
      join pg_attribute as theirs on theirs.attrelid = confrelid and theirs.attnum = other and theirs.attname = 'client_id'
  )
"""
MAY_LEAVE_THE_CLIENT_OUT: set[str] = set()  # with the reason beside each


def across_clients(connection):
    return set(connection.execute(text(ACROSS_CLIENTS)).scalars())


def unprotected(connection):
    return set(connection.execute(text(UNPROTECTED)).scalars())


def test_every_table_with_client_id_is_protected(database):
    with database.engine("owner").connect() as connection:
        assert unprotected(connection) == set()


def test_the_catalogue_test_finds_a_new_table(database):
    with database.engine("owner").connect() as connection:
        connection.execute(text("create table forgotten (client_id uuid)"))
        assert unprotected(connection) == {"forgotten"}
        connection.execute(text("select protect_tenant_table('forgotten')"))
        assert unprotected(connection) == set()
        connection.rollback()


def test_the_catalogue_test_finds_a_view_that_shows_what_its_owner_may_see(database):
    with database.engine("owner").connect() as connection:
        connection.execute(text("create view careless as select client_id from data_packet"))
        assert unprotected(connection) == {"careless"}
        connection.execute(text("alter view careless set (security_invoker = true)"))
        assert unprotected(connection) == set()
        connection.rollback()


def test_a_row_refers_to_rows_of_its_own_client_alone(database):
    """A foreign key does not ask row-level security: whoever knows an id could refer to anybody's row."""
    with database.engine("owner").connect() as connection:
        assert across_clients(connection) == MAY_LEAVE_THE_CLIENT_OUT


def test_the_catalogue_test_finds_a_new_reference(database):
    with database.engine("owner").connect() as connection:
        connection.execute(
            text("create table careless (client_id uuid, packet_id uuid references data_packet (id))")
        )
        assert across_clients(connection) == {"careless_packet_id_fkey"}
        connection.rollback()


def test_a_feed_cannot_be_of_anothers_campaign(database, business):
    stranger = make_business(database.engine("worker"))
    with (
        UnitOfWork(database.engine("app"), business.client_id) as uow,
        pytest.raises(IntegrityError, match="feed_campaign_id_fkey"),
    ):
        uow.execute(
            text("insert into feed (client_id, campaign_id, name) values (:client, :campaign, 'crossed')"),
            {"client": business.client_id, "campaign": stranger.campaign_id},
        )


@pytest.mark.parametrize("role", ["app", "worker"])
def test_working_roles_own_nothing_and_pass_nothing(database, role):
    with database.engine("owner").connect() as connection:
        row = connection.execute(
            text("select rolsuper, rolbypassrls, rolcreaterole from pg_roles where rolname = :role"),
            {"role": f"packetboat_{role}"},
        ).one()
        owned = connection.execute(
            text(
                "select count(*) from pg_class where relowner = (select oid from pg_roles where rolname = :role)"
            ),
            {"role": f"packetboat_{role}"},
        ).scalar()
    assert (*row, owned) == (False, False, False, 0)


def test_tables_and_migrations_agree(database):
    assert migrate.differences(database.engine("owner")) == []
    assert migrate.current(database.engine("owner")) == migrate.newest()


def test_migrations_are_numbered_without_a_gap():
    names = [file.stem for file in migrate.files()]
    assert [name[:4] for name in names] == [f"{number:04}" for number in range(1, len(names) + 1)]
    assert all(file.with_suffix(".sql").exists() for file in migrate.files())


def test_upgrade_of_an_upgraded_database_changes_nothing(database):
    assert migrate.upgrade(database.engine("owner")) == migrate.newest()
