"""Row-level security on every tenant table, now and for the next one."""

import pytest
from sqlalchemy import text

from pipelines.store import migrate

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
      or relation.relkind = 'v' and 'security_invoker=true' = any (relation.reloptions)
  )
"""


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
