"""Assigns a log-in of the portal to a client."""

from sqlalchemy import Engine, delete, insert, select

from pipelines.errors import NotFound
from pipelines.store.unit_of_work import UnitOfWork
from pipelines.tables.clients import Client, ClientMember


def join_client(engine: Engine, user_id: int, slug: str | None) -> None:
    """Assign the log-in `user_id` to the client `slug` alone, or with None to no client, as for staff. Raises NotFound."""
    with UnitOfWork(engine, every_client=True) as uow:
        uow.execute(delete(ClientMember).where(ClientMember.user_id == user_id))
        if slug is not None:
            client_id = uow.scalar(select(Client.id).where(Client.slug == slug))
            if client_id is None:
                raise NotFound("no_such_client", client=slug)
            uow.execute(insert(ClientMember).values(user_id=user_id, client_id=client_id))
        uow.commit()
