"""A statement that runs on a connection of its own, with the same database URL as everything else."""

import asyncio

import pytest
from sqlalchemy import text

from pipelines.store.async_statement import AsyncStatement
from pipelines.store.engine import engine

NAME = text("select current_setting('application_name')")


@pytest.mark.parametrize("own", ["connect_timeout=30", "tcp_user_timeout=100", "application_name=mine"])
def test_a_url_may_set_what_the_connection_sets_itself(database, own):
    name, value = own.split("=")
    chosen = engine(database.engine("worker").url.update_query_dict({name: value}))

    async def run():
        statement = AsyncStatement(chosen, NAME, name="own name", timeout=5.0)
        try:
            return await statement.run({})
        finally:
            await statement.close()

    assert asyncio.run(run()) == [("own name",)]
