"""The migrated database matches the tables in the code: every column, constraint and index, as PostgreSQL itself writes them."""

import pytest
from sqlalchemy import text

from pipelines.tables import Base

COLUMNS = """
select relation.relname, attribute.attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
    pg_get_expr(adbin, adrelid)
from pg_class as relation
join pg_attribute as attribute on attrelid = relation.oid and attnum > 0 and not attisdropped
left join pg_attrdef on adrelid = relation.oid and adnum = attnum
where relation.relnamespace = cast(:schema as regnamespace) and relation.relkind in ('r', 'p') and not relation.relispartition
"""
# Without those for "not null", which the columns tell and which have no names of ours, and without triggers, which no table of the code has.
CONSTRAINTS = """
select relation.relname, conname, contype::text, pg_get_constraintdef(pg_constraint.oid), convalidated
from pg_constraint
join pg_class as relation on relation.oid = conrelid
where relation.relnamespace = cast(:schema as regnamespace) and not relation.relispartition and contype not in ('n', 't')
"""
INDEXES = """
select relation.relname, indexed.relname, replace(pg_get_indexdef(indexrelid), cast(:schema as text) || '.', ''), indisvalid
from pg_index
join pg_class as relation on relation.oid = indrelid
join pg_class as indexed on indexed.oid = indexrelid
where relation.relnamespace = cast(:schema as regnamespace) and not relation.relispartition
"""
PARTITIONS = """
select relation.relname, pg_get_partkeydef(relation.oid)
from pg_class as relation
where relation.relnamespace = cast(:schema as regnamespace) and relation.relkind = 'p'
"""
QUERIES = {"columns": COLUMNS, "constraints": CONSTRAINTS, "indexes": INDEXES, "partitions": PARTITIONS}


@pytest.fixture(scope="module")
def owner(database):
    """The owner of the tables, in a transaction that is undone."""
    with database.engine("owner").connect() as connection:
        yield connection
        connection.rollback()


@pytest.fixture(scope="module")
def from_code(owner):
    """The tables made from the code alone, beside the migrated ones."""
    owner.execute(text("create schema from_code"))
    owner.execute(
        text("set local search_path = from_code, packetboat")
    )  # constraints call functions of the migrations
    Base.metadata.create_all(owner, checkfirst=False)
    return owner


def described(connection, what, schema):
    """PostgreSQL's description of a schema, with unqualified names."""
    connection.execute(text(f"set local search_path = {schema}, packetboat"))
    rows = {tuple(row) for row in connection.execute(text(QUERIES[what]), {"schema": schema})}
    return {row for row in rows if row[0] != "alembic_version"}


@pytest.mark.parametrize("what", QUERIES)
def test_code_and_migrations_make_the_same_tables(from_code, what):
    code, migrated = described(from_code, what, "from_code"), described(from_code, what, "packetboat")
    assert code - migrated == set(), "in the code, and not in the database"
    assert migrated - code == set(), "in the database, and not in the code"
    assert code


def test_every_kind_of_constraint_was_compared(from_code):
    assert {row[2] for row in described(from_code, "constraints", "from_code")} >= {"c", "f", "p", "u"}


@pytest.mark.parametrize(
    "statement",
    [
        (
            "alter table packet_total drop constraint packet_total_conservation_check, add constraint packet_total_conservation_check"
            " check (rows_in = sent + failed + held + suppressed + expired + cancelled)"
        ),
        "alter table entry drop constraint entry_not_zero_check",
        "alter table load_map drop constraint load_map_feed_id_version_key",
        "alter table data_packet alter column state drop not null",
        "alter table message alter column state set default 'accepted'",
        "drop index provider_call_unknown_idx",
    ],
)
def test_the_comparison_sees_a_difference(from_code, statement):
    with from_code.begin_nested() as undone:
        from_code.execute(text("set local search_path = from_code"))  # its tables are empty
        from_code.execute(text(statement))
        seen = [
            what
            for what in QUERIES
            if described(from_code, what, "from_code") != described(from_code, what, "packetboat")
        ]
        undone.rollback()
    assert seen
