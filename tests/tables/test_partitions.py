"""Messages by month: the id carries the time, and the steps may make next month's partition without owning a table."""

from sqlalchemy import text

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
