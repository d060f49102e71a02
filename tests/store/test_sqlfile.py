"""Statements with holes: they are filled with SQL, and every value is bound."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import case, column, func, literal
from sqlalchemy.dialects.postgresql import JSONB

from pipelines.store import sqlfile
from pipelines.store.sqlfile import sql, sql_with
from pipelines.store.unit_of_work import UnitOfWork


@pytest.fixture
def statement(tmp_path, monkeypatch):
    """Writes sql/probe.sql in a temporary project."""
    monkeypatch.setattr(sqlfile, "PROJECT", tmp_path)
    sqlfile._source.cache_clear()
    (tmp_path / "sql").mkdir()
    yield (tmp_path / "sql" / "probe.sql").write_text
    sqlfile._source.cache_clear()


def rows(database, name, holes, **parameters):
    with UnitOfWork(database.engine("worker"), every_client=True) as uow:
        return [tuple(row) for row in uow.all(sql_with(name, holes), parameters)]


def test_an_expression_fills_a_hole_with_its_values_bound(statement, database):
    statement("select {word} as word, {number} as number from (values ('x'), ('it''s')) as given (letter)")
    letter = column("letter")
    holes = {
        "word": case((letter == "it's", literal(":odd {number} 'quotes'")), else_=func.upper(letter)),
        "number": literal(5) + 2,
    }
    assert rows(database, "probe", holes) == [("X", 7), (":odd {number} 'quotes'", 7)]
    assert "odd" not in str(sql_with("probe", holes))


def test_two_expressions_may_use_the_same_parameter_names(statement, database):
    statement("select {first} as first, {second} as second where :given = 1")
    holes = {"first": literal("a"), "second": literal("b")}
    assert rows(database, "probe", holes, given=1) == [("a", "b")]


def test_casts_lists_json_and_timestamps_work(statement, database):
    statement(
        "select {known} as known, {looked_up} as looked_up, {moment} as moment, 'x'::text as cast_by_hand"
    )
    moment = datetime(2026, 11, 21, 12, tzinfo=UTC)
    holes = {
        "known": literal("b").in_(["a", "b"]),
        "looked_up": literal({"k": "v"}, JSONB).op("->>")("k"),
        "moment": literal(moment),
    }
    assert rows(database, "probe", holes) == [(True, "v", moment, "x")]


def test_a_hole_may_be_part_of_an_identifier_and_text_is_inserted_as_it_is(statement, database):
    statement("-- {never} looked at\nselect 1 as value_{name}, {more}")
    with UnitOfWork(database.engine("worker"), every_client=True) as uow:
        row = uow.one(sql_with("probe", {"name": "phone", "more": "2 as other"}))
    assert (row.value_phone, row.other) == (1, 2)


def test_several_expressions_become_a_list_of_columns(statement, database):
    statement("select {columns} from (values ('x')) as given (letter)")
    columns = {"doubled": column("letter").concat(literal("y")), "fixed": literal("z")}
    with UnitOfWork(database.engine("worker"), every_client=True) as uow:
        row = uow.one(sql_with("probe", {"columns": columns}))
    assert (row.doubled, row.fixed) == ("xy", "z")


def test_a_filled_statement_fills_a_hole_of_another(statement, database, tmp_path):
    (tmp_path / "sql" / "inner.sql").write_text(
        "select {word} as word, to_char(time '10:30', 'HH24\\:MI') as clock where :given = 1"
    )
    statement("with inside as ({inside}) select word, clock, {word} as own, :given + 0 as given from inside")
    inside = sql_with("inner", {"word": literal("a")})
    assert rows(database, "probe", {"inside": inside, "word": literal("b")}, given=1) == [
        ("a", "10:30", "b", 1)
    ]


def test_holes_and_fillings_must_match(statement):
    statement("select {one}")
    with pytest.raises(KeyError, match="one"):
        sql_with("probe", {})
    with pytest.raises(ValueError, match=r"sql/probe\.sql has no hole other"):
        sql_with("probe", {"one": "1", "other": "2"})


def test_a_missing_statement_is_an_error():
    with pytest.raises(FileNotFoundError):
        sql("steps/none")
