"""The database follows the fields: a new field gets a column and appears in the view; nothing else is altered."""

import pytest
from sqlalchemy import inspect, text

from pipelines.channels.wording.values import ROW_NAMES
from pipelines.cleaning.registry import value_rules
from pipelines.domain.field import MOMENT, Field
from pipelines.domain.fields import BY_NAME, COLUMNS, FIELDS, FieldFileError
from pipelines.store import field_columns, views
from pipelines.tables import field_columns as columns_of_tables
from pipelines.tables.packets import CleanRow


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
    views.refresh(owner)
    added = columns(owner, "clean_row")
    assert str(added["external_id"]["type"]) == "TEXT"
    assert added["contact_at"]["type"].timezone
    assert all(added[name]["nullable"] for name in ("external_id", "contact_at"))
    assert list(columns(owner, "row_to_check")) == [
        "client_id",
        *(field.name for field in COLUMNS),
        "reachable",
    ]


@pytest.mark.parametrize("name", ["row_no", "user", "changes"])
def test_a_name_that_no_column_can_have_is_refused(monkeypatch, name):
    field = Field(name=name, title="x", synonyms={}, rule="tidied")
    monkeypatch.setattr(columns_of_tables, "COLUMNS", (field,))
    with pytest.raises(FieldFileError, match=f"The field in {name}.py needs another name"):
        columns_of_tables.add_field_columns(CleanRow)
