"""A boat over a sandbox, in a database without unknown calls of other tests."""

import pytest
from sqlalchemy import text

from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import raw_server, receiver, sandbox
from tests.sending import boat_for

__all__ = ["boat", "raw_server", "receiver", "sandbox"]


@pytest.fixture
def boat(database, business, sandbox, tmp_path):
    worker = database.engine("worker")
    with UnitOfWork(worker, every_client=True) as uow:
        uow.execute(text("update provider_call set state = 'refused' where state in ('unknown', 'sending')"))
        uow.execute(text("update data_packet set state = 'stopped' where state in ('sending', 'settled')"))
        uow.execute(text("delete from report_poll"))
        uow.commit()
    return boat_for(worker, business, tmp_path, sandbox.url)
