"""The unit of work: explicit commit, and only one client's rows."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_business


def slugs(uow):
    return {row.slug for row in uow.all(text("select slug from client"))}


def test_leaving_without_commit_rolls_back(database, business):
    engine = database.engine("worker")
    with UnitOfWork(engine, business.client_id) as uow:
        uow.execute(text("update client set name = 'changed'"))
    with UnitOfWork(engine, business.client_id) as uow:
        assert uow.scalar(text("select name from client")) == business.slug


def test_after_commit_the_client_is_still_the_same(database, business):
    with UnitOfWork(database.engine("worker"), business.client_id) as uow:
        uow.commit()
        assert slugs(uow) == {business.slug}


@pytest.mark.parametrize("role", ["app", "worker", "owner"])
def test_one_client_never_sees_another(database, role):
    engine = database.engine("worker")
    one, other = make_business(engine), make_business(engine)
    with UnitOfWork(database.engine(role), one.client_id) as uow:
        assert slugs(uow) == {one.slug}
        changed = uow.execute(text("update client set name = 'x' where id = :id"), {"id": other.client_id})
        assert changed.rowcount == 0


def test_a_row_cannot_be_written_for_another_client(database):
    engine = database.engine("worker")
    one, other = make_business(engine), make_business(engine)
    with (
        UnitOfWork(engine, one.client_id) as uow,
        pytest.raises(ProgrammingError, match="row-level security"),
    ):
        uow.execute(
            text("insert into feed (client_id, campaign_id, name) values (:client, :campaign, 'theirs')"),
            {"client": other.client_id, "campaign": other.campaign_id},
        )


def test_a_pooled_connection_forgets_the_client(database, business):
    with UnitOfWork(database.engine("worker"), business.client_id) as uow:
        assert slugs(uow) == {business.slug}
        # As `UnitOfWork.commit()` does, but without returning the connection: the next user of the pool may get any of its connections.
        uow.connection.commit()
        assert slugs(uow) == set()


def test_staff_see_every_client(database):
    engine = database.engine("worker")
    one, other = make_business(engine), make_business(engine)
    with UnitOfWork(engine, every_client=True) as uow:
        assert {one.slug, other.slug} <= slugs(uow)


def test_a_client_or_every_client_must_be_chosen(database):
    with pytest.raises(ValueError, match="either client_id or every_client"):
        UnitOfWork(database.engine("worker"))


def test_copy_into_a_temporary_table(database, business):
    with UnitOfWork(database.engine("worker"), business.client_id) as uow:
        uow.execute(text("create temp table incoming (line_no int, value text) on commit drop"))
        with uow.copy_into("incoming", ["line_no", "value"]) as copy:
            copy.write_row((1, "a\tb"))
        assert uow.one(text("select line_no, value from incoming")) == (1, "a\tb")
