"""Stores replies before they are processed: once we confirm the call, the provider does not repeat it."""

import json
from collections.abc import Sequence

from sqlalchemy import Engine

from pipelines.domain.replies import InboundReply
from pipelines.domain.sending import OneTimeSignature
from pipelines.store.received import remember_signature, storable, storable_text
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


def store(engine: Engine, replies: Sequence[InboundReply], once: OneTimeSignature | None = None) -> int:
    """Store the replies of one verified call of a provider. Returns how many were new.

    When this returns, they are committed. A repeat is recognised by its unique key and changes nothing. The signature `once` is stored
    with them. Raises SignatureReused, and stores nothing, if it was used with another body.
    """
    if not replies:
        return 0
    parameters = {
        "provider": replies[0].provider,
        "unique_keys": [storable_text(reply.unique_key) for reply in replies],
        "channels": [reply.channel for reply in replies],
        "to_addresses": [json.dumps(storable(reply.to)) for reply in replies],
        "from_addresses": [storable_text(reply.sender) for reply in replies],
        "subjects": [storable_text(reply.subject) for reply in replies],
        "bodies": [storable_text(reply.body) for reply in replies],
        "threads": [json.dumps(storable(reply.thread)) for reply in replies],
        "automatics": [reply.automatic for reply in replies],
        "raws": [json.dumps(storable(reply.raw)) for reply in replies],
    }
    with UnitOfWork(engine, every_client=True) as uow:
        remember_signature(uow, once)
        new = len(uow.all(sql("replies/store"), parameters))
        uow.commit()
    return new
