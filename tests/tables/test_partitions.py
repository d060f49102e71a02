"""Messages by month: the id carries the time, and the steps may make next month's partition without owning a table."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from pipelines.store.unit_of_work import UnitOfWork


def test_a_message_lands_in_the_partition_of_its_month(database, business):
    with UnitOfWork(database.engine("worker"), business.client_id) as uow:
        row = uow.one(
            text(
                "insert into message (client_id, packet_id, row_no, channel, address, language, rule, body)"
                " values (:client, uuidv7(), 1, 'sms', '+12025550100', 'en', 'rule', 'text')"
                " returning tableoid::regclass::text as partition, to_char(now() at time zone 'UTC', 'YYYY_MM') as month"
            ),
            {"client": business.client_id},
        )
        assert row.partition == f"message_{row.month}"


def test_a_worker_makes_a_protected_partition_once(database):
    with UnitOfWork(database.engine("worker"), every_client=True) as uow:
        for _ in range(2):
            uow.execute(text("select ensure_message_partition('2031-02-15')"))
        facts = uow.one(
            text(
                "select relrowsecurity, relforcerowsecurity, pg_get_expr(relpartbound, oid) as bound"
                " from pg_class where oid = 'message_2031_02'::regclass"
            )
        )
    assert facts.relrowsecurity
    assert facts.relforcerowsecurity
    # 2031-02-01 and 2031-03-01 in milliseconds since 1970, in hexadecimal
    assert f"{1927670400000:012x}"[:8] in facts.bound
    assert f"{1930089600000:012x}"[:8] in facts.bound


SERIES = text(
    "insert into message_series (packet_id, step_no, channel, client_id) values (:packet, 1, 'sms', :client) returning series"
)
MESSAGE = text(
    "insert into message (id, client_id, packet_id, row_no, channel, address, language, rule, body)"
    " values (message_id(:series, :row), :client, :packet, :row, 'sms', '+12025550100', 'en', 'rule', 'text') returning id"
)


@pytest.fixture
def parameters(business):
    return {"packet": uuid4(), "client": business.client_id}


@pytest.mark.parametrize("row", [1, 2_147_483_647])
def test_the_id_of_a_message_is_its_series_with_its_row(database, business, parameters, row):
    with UnitOfWork(database.engine("worker"), business.client_id) as uow:
        series = uow.scalar(SERIES, parameters)
        message_id = uow.scalar(MESSAGE, parameters | {"series": series, "row": row})
    assert message_id == UUID(f"{series.hex[:24]}{row:08x}")
    assert message_id.version == 7


def test_the_message_of_a_row_is_accepted_once(database, business, parameters):
    with UnitOfWork(database.engine("worker"), business.client_id) as uow:
        parameters |= {"series": uow.scalar(SERIES, parameters), "row": 1}
        uow.execute(MESSAGE, parameters)
        with pytest.raises(IntegrityError, match=r"message_\d+_\d+_pkey"):
            uow.execute(MESSAGE, parameters)


def test_a_packet_has_one_series_for_a_channel(database, business, parameters):
    with UnitOfWork(database.engine("worker"), business.client_id) as uow:
        uow.execute(SERIES, parameters)
        with pytest.raises(IntegrityError, match="message_series_pkey"):
            uow.execute(SERIES, parameters)


@pytest.mark.parametrize("role", ["app", "worker"])
@pytest.mark.parametrize(
    "change", ["delete from message_series", "update message_series set series = uuidv7()"]
)
def test_a_series_stays_for_good(database, business, role, change):
    with (
        UnitOfWork(database.engine(role), business.client_id) as uow,
        pytest.raises(ProgrammingError, match="permission denied"),
    ):
        uow.execute(text(change))
