"""Two lanes that begin in the same moment: both may send."""

import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text

from pipelines.states import PREPARE_STEPS
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_packet

OPEN, STATE = sql("steps/dispatch/open"), sql("steps/packet/problem")
WAITING = text("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")


def test_the_second_of_two_lanes_waits_and_may_send_too(database, business):
    engine = database.engine("worker")
    packet_id = make_packet(engine, business)

    def second() -> str:
        with UnitOfWork(engine, business.client_id) as uow:
            uow.execute(OPEN, {"packet_id": packet_id, "prepare_steps": list(PREPARE_STEPS)})
            state: str = uow.one(STATE, {"packet_id": packet_id}).state
            uow.commit()
            return state

    with UnitOfWork(engine, business.client_id) as first, ThreadPoolExecutor(1) as pool:
        first.execute(OPEN, {"packet_id": packet_id, "prepare_steps": list(PREPARE_STEPS)})
        assert first.one(STATE, {"packet_id": packet_id}).state == "sending"
        answer = pool.submit(second)
        end = time.monotonic() + 20
        with engine.connect() as watcher:
            while watcher.execute(WAITING).scalar() == 0 and time.monotonic() < end:
                watcher.rollback()
                time.sleep(0.02)
        assert not answer.done()
        first.commit()
        assert answer.result(timeout=20) == "sending"
