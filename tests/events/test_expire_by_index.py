"""What has not expired is not read, however much of it waits: the clock looks at it each minute."""

import pytest
from sqlalchemy import text

from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from tests.replies.test_match_by_index import rows_read
from tests.sending import boat_for, make_sending, phones

WAIT = (
    "insert into channel_wait (packet_id, channel, client_id, code, until)"
    " values (:packet, 'sms', :client, 'due_later', now() + interval '1 day')"
)


@pytest.fixture
def boat(database, business, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, "http://127.0.0.1:9")


@pytest.mark.parametrize("statement", ["expired_clients", "expired_lock"])
def test_only_what_has_expired_is_read(boat, database, statement):
    client = boat.business.client_id
    packet = make_sending(boat.worker, boat.business, phones(20_000))
    boat.change("update data_packet set state = 'sending' where id = :packet", packet=packet)
    boat.change(WAIT, packet=packet, client=client)
    boat.change(
        "update message set expires_at = case when row_no = 7 then now() else now() + interval '1 day' end where packet_id = :packet",
        packet=packet,
    )
    with database.engine("owner").connect().execution_options(isolation_level="AUTOCOMMIT") as owner:
        owner.execute(text("vacuum analyze message"))
    with UnitOfWork(boat.worker, every_client=True) as uow:
        [plan] = uow.scalar(
            text(f"explain (analyze, format json) {sql(f'events/{statement}')}"),
            {"client_id": client, "limit": 5_000},
        )
    assert rows_read(plan["Plan"]) < 20
