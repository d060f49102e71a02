"""Stores a provider's events before they are processed: once we confirm the callback, the provider does not repeat it (P6)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine

from pipelines.domain.sending import OneTimeSignature, ProviderEvent
from pipelines.store.received import remember_signature, storable, storable_text
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


def store(
    engine: Engine,
    events: Sequence[ProviderEvent],
    raw: Mapping[str, Any],
    once: OneTimeSignature | None = None,
) -> int:
    """Store the events of one verified callback with its body `raw`. Returns how many were new.

    When this returns, they are committed. A repeat is recognised by its unique key and changes nothing. The signature `once` is stored
    with them. Raises SignatureReused, and stores nothing, if it was used with another body.
    """
    if not events:
        return 0
    parameters = {
        "provider": events[0].provider,
        "raw": json.dumps(storable(raw)),
        "unique_keys": [storable_text(event.unique_key) for event in events],
        "states": [event.state.value if event.state else None for event in events],
        "ranks": [event.rank for event in events],
        "attempt_ids": [event.attempt_id for event in events],
        "provider_refs": [storable_text(event.provider_ref) for event in events],
        "addresses": [storable_text(event.address) for event in events],
        "occurred_ats": [event.occurred_at for event in events],
        "error_codes": [storable_text(event.error_code) for event in events],
        "opt_outs": [storable_text(event.opt_out) for event in events],
    }
    with UnitOfWork(engine, every_client=True) as uow:
        remember_signature(uow, once)
        new = len(uow.all(sql("events/store"), parameters))
        uow.commit()
    return new


def forget_signatures(engine: Engine) -> None:
    """Delete the remembered signatures that have expired."""
    with UnitOfWork(engine, every_client=True) as uow:
        uow.execute(sql("events/forget_signatures"))
        uow.commit()
