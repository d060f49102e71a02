"""A person unsubscribes by the link of a message (RFC 8058)."""

from collections.abc import Mapping

import structlog
from sqlalchemy import Engine, select

from pipelines.consent.links import LinkInvalid, Recipient, read_token
from pipelines.consent.suppression import suppress, suppress_hash
from pipelines.domain.suppression import Reason
from pipelines.errors import NotFound
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from pipelines.tables.clients import Client

log = structlog.get_logger()


def client_of_link(engine: Engine, secrets: Mapping[str, str], token: str) -> str:
    """The name of the client whose message has this link. Changes nothing. Raises NotFound."""
    recipient = _recipient(secrets, token)
    with UnitOfWork(engine, recipient.client_id) as uow:
        name: str | None = uow.scalar(select(Client.name).where(Client.id == recipient.client_id))
    if name is None:
        raise NotFound("no_such_link")
    return name


def unsubscribe(engine: Engine, secrets: Mapping[str, str], token: str) -> None:
    """Suppress the recipient of the message that has this link; a repeat changes nothing. Raises NotFound.

    If the message has been erased, only the hash of the address is left, and it is enough.
    """
    recipient = _recipient(secrets, token)
    who = {"attempt_id": recipient.attempt_id, "address_hash": recipient.address_hash}
    with UnitOfWork(engine, recipient.client_id) as uow:
        address = uow.scalar(sql("consent/address_of_attempt"), who)
        wish = (recipient.client_id, recipient.channel)
        if address is None:
            new = suppress_hash(uow, *wish, recipient.address_hash, Reason.UNSUBSCRIBED, "link")
        else:
            new = suppress(uow, *wish, address, Reason.UNSUBSCRIBED, "link")
        uow.commit()
    log.info("unsubscribed", channel=recipient.channel, new=new)


def _recipient(secrets: Mapping[str, str], token: str) -> Recipient:
    try:
        return read_token(token, secrets["unsubscribe_key"])
    except LinkInvalid:
        raise NotFound("no_such_link") from None
