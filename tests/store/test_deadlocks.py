"""Work that is repeated sees the rows that it asks for, like any transaction."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines.store.deadlocks import untangled

SCOPE = text(
    "select nullif(current_setting('packetboat.client_id', true), ''), nullif(current_setting('packetboat.scope', true), '')"
)


def scope(uow):
    return tuple(uow.one(SCOPE))


def test_every_client_must_be_said(database):
    engine, client = database.engine("worker"), uuid4()
    assert untangled(engine, scope, client) == (str(client), None)
    assert untangled(engine, scope, every_client=True) == (None, "every_client")
    with pytest.raises(ValueError, match="every_client=True"):
        untangled(engine, scope)
