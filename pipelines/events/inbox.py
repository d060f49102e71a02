"""Stores a provider's events before they are processed: once we confirm the callback, the provider does not repeat it (P6)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Engine

from pipelines.domain.sending import OneTimeSignature, ProviderEvent
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


class SignatureReused(Exception):
    """The signature of this callback was used before, with another body."""


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
        "raw": json.dumps(_storable(raw)),
        "unique_keys": [_text(event.unique_key) for event in events],
        "states": [event.state.value if event.state else None for event in events],
        "ranks": [event.rank for event in events],
        "attempt_ids": [event.attempt_id for event in events],
        "provider_refs": [_text(event.provider_ref) for event in events],
        "addresses": [_text(event.address) for event in events],
        "occurred_ats": [event.occurred_at for event in events],
        "error_codes": [_text(event.error_code) for event in events],
        "opt_outs": [_text(event.opt_out) for event in events],
    }
    with UnitOfWork(engine, every_client=True) as uow:
        if once and not uow.all(sql("events/remember_signature"), asdict(once)):
            raise SignatureReused
        new = len(uow.all(sql("events/store"), parameters))
        uow.commit()
    return new


def forget_signatures(engine: Engine) -> None:
    """Delete the remembered signatures that have expired."""
    with UnitOfWork(engine, every_client=True) as uow:
        uow.execute(sql("events/forget_signatures"))
        uow.commit()


def _text(value: str | None) -> str | None:
    """The text in a form that PostgreSQL can store: without NULs and lone surrogates. A callback comes from outside."""
    return None if value is None else value.replace("\0", "").encode(errors="replace").decode()


def _storable(value: Any) -> Any:
    match value:
        case str():
            return _text(value)
        case Mapping():
            return {_text(str(key)): _storable(item) for key, item in value.items()}
        case list() | tuple():
            return [_storable(item) for item in value]
    return value
