"""The views follow their files in `sql/views/`."""

import pytest
from sqlalchemy import text

from pipelines.domain.fields import COLUMNS
from pipelines.settings import PROJECT
from pipelines.store import migrate, views
from pipelines.store.views import VIEWS

each_view = pytest.mark.parametrize("view", VIEWS)


def view_id(connection, view):
    return connection.scalar(text("select cast(cast(:view as regclass) as oid)"), {"view": view})


@pytest.fixture
def owner(database):
    """A connection as the owner of the tables, in a transaction that is rolled back."""
    with database.engine("owner").connect() as connection:
        yield connection
        connection.rollback()


def test_every_file_is_a_view():
    assert {file.stem for file in (PROJECT / "sql" / "views").iterdir()} == set(VIEWS)


@each_view
def test_a_new_view_has_its_privileges_and_row_level_security(owner, view):
    owner.execute(text(f"drop view {view}"))
    views.refresh(owner)
    for role in ("packetboat_app", "packetboat_worker"):
        parameters = {"role": role, "view": view}
        assert owner.scalar(text("select has_table_privilege(:role, :view, 'select')"), parameters)
    query = text("select reloptions from pg_class where oid = cast(:view as regclass)")
    assert owner.scalar(query, {"view": view}) == ["security_invoker=true"]


@each_view
def test_an_up_to_date_view_is_not_recreated(owner, view):
    before = view_id(owner, view)
    views.refresh(owner)
    assert view_id(owner, view) == before


@each_view
def test_a_view_that_differs_is_recreated(owner, view):
    owner.execute(text(f"drop view {view}"))
    owner.execute(text(f"create view {view} as select client_id, phone from clean_row"))
    assert views.differing(owner) == [view]
    views.refresh(owner)
    assert views.differing(owner) == []


@each_view
def test_a_view_without_row_level_security_is_recreated(owner, view):
    owner.execute(text(f"alter view {view} reset (security_invoker)"))
    assert views.differing(owner) == [view]
    views.refresh(owner)
    assert views.differing(owner) == []


def test_the_database_check_names_a_view_that_differs(database, monkeypatch):
    monkeypatch.setattr(views, "COLUMNS", COLUMNS[1:])
    assert migrate.differences(database.engine("owner")) == [
        "The view row_to_check differs from the one in the code."
    ]
