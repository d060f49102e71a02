"""The database follows the fields: a new field gets a column and appears in the view; nothing else is altered."""

import pytest
from sqlalchemy import inspect, text

from pipelines.channels.wording.values import ROW_NAMES
from pipelines.cleaning.registry import value_rules
from pipelines.domain.field import MOMENT, Field
from pipelines.domain.fields import BY_NAME, COLUMNS, FIELDS, FieldFileError
from pipelines.store import field_columns, migrate
from pipelines.tables import field_columns as columns_of_tables
from pipelines.tables.packets import CleanRow

VIEW_ID = text("select cast('row_to_check' as regclass)::oid")


@pytest.fixture
def owner(database):
    """A connection as the owner of the tables, in a transaction that is rolled back."""
    with database.engine("owner").connect() as connection:
        yield connection
        connection.rollback()


def columns(connection, name):
    return {column["name"]: column for column in inspect(connection).get_columns(name, schema="packetboat")}


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_each_field_has_its_columns(owner, field):
    assert field.name in value_rules() or MOMENT in (field.name, field.part_of), (
        "its file must name a cleaning rule"
    )
    if field.part_of:
        assert BY_NAME[field.part_of].has_column, "part_of must name a field that has a column"
        return
    for name in ("clean_row", "row_to_check"):
        assert field.name in columns(owner, name), f"{name} has no such column: run `packetboat db upgrade`"
    assert field.text in columns(owner, "clean_row"), "clean_row has no column of the name in text_column"
    assert field.name in ROW_NAMES, "texts and rules cannot name it"


def test_a_missing_column_is_added_and_appears_in_the_view(owner):
    owner.execute(text("drop view row_to_check"))
    owner.execute(text("alter table clean_row drop column contact_at, drop column external_id"))
    field_columns.add_missing(owner)
    added = columns(owner, "clean_row")
    assert str(added["external_id"]["type"]) == "TEXT"
    assert added["contact_at"]["type"].timezone
    assert all(added[name]["nullable"] for name in ("external_id", "contact_at"))
    assert list(columns(owner, "row_to_check")) == [
        "client_id",
        *(field.name for field in COLUMNS),
        "reachable",
    ]


def test_a_new_view_has_its_privileges_and_row_level_security(owner):
    owner.execute(text("drop view row_to_check"))
    field_columns.add_missing(owner)
    for role in ("packetboat_app", "packetboat_worker"):
        parameters = {"role": role}
        assert owner.scalar(text("select has_table_privilege(:role, 'row_to_check', 'select')"), parameters)
    (options,) = owner.execute(
        text("select reloptions from pg_class where oid = 'row_to_check'::regclass")
    ).one()
    assert options == ["security_invoker=true"]


def test_an_up_to_date_view_is_not_recreated(owner):
    before = owner.scalar(VIEW_ID)
    field_columns.add_missing(owner)
    assert owner.scalar(VIEW_ID) == before


def test_a_view_that_differs_is_recreated(owner):
    owner.execute(text("drop view row_to_check"))
    owner.execute(text("create view row_to_check as select client_id, phone from clean_row"))
    assert field_columns.view_differs(owner)
    field_columns.add_missing(owner)
    assert not field_columns.view_differs(owner)


def test_the_database_check_names_a_view_that_differs(database, monkeypatch):
    monkeypatch.setattr(field_columns, "COLUMNS", COLUMNS[1:])
    assert migrate.differences(database.engine("owner")) == [
        "The fields of the view row_to_check differ from those in the code."
    ]


@pytest.mark.parametrize("name", ["row_no", "user", "changes"])
def test_a_name_that_no_column_can_have_is_refused(monkeypatch, name):
    field = Field(name=name, title="x", synonyms={}, rule="tidied")
    monkeypatch.setattr(columns_of_tables, "COLUMNS", (field,))
    with pytest.raises(FieldFileError, match=f"The field in {name}.py needs another name"):
        columns_of_tables.add_field_columns(CleanRow)
