"""Stores a provider's events before they are processed: once we confirm the callback, the provider does not repeat it (P6)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from pipelines.domain.sending import OneTimeSignature, ProviderEvent
from pipelines.store.received import SignatureReused, remember_signature, storable, storable_text
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Callback:
    """The events of one verified callback, its body, and its signature if that is valid only once."""

    events: Sequence[ProviderEvent]
    raw: Mapping[str, Any]
    once: OneTimeSignature | None = None


def store(
    engine: Engine,
    events: Sequence[ProviderEvent],
    raw: Mapping[str, Any],
    once: OneTimeSignature | None = None,
) -> int:
    """Store the events of one callback, like `store_together`. Returns how many were new. Raises SignatureReused."""
    (new,) = store_together(engine, [Callback(events, raw, once)])
    if isinstance(new, SignatureReused):
        raise new
    return new


def store_together(engine: Engine, callbacks: Sequence[Callback]) -> list[int | SignatureReused]:
    """Store several callbacks in one transaction. Returns for each how many of its events were new.

    When this returns, they are committed. A repeat is recognised by its unique key and changes nothing. The signatures are stored with the
    events; a callback whose signature was used with another body is not stored (SignatureReused).
    """
    with UnitOfWork(engine, every_client=True) as uow:
        # In one order everywhere, so that two processes that store the same signatures or events do not deadlock.
        reused = _reused(uow, callbacks)
        rows = [
            (event, json.dumps(storable(callback.raw)))
            for place, callback in enumerate(callbacks)
            if place not in reused
            for event in callback.events
        ]
        rows.sort(key=lambda row: row[0].unique_key)
        new = {row.unique_key for row in uow.all(sql("events/store"), _columns(rows))} if rows else set()
        uow.commit()
    return [
        SignatureReused() if place in reused else _count_new(callback, new)
        for place, callback in enumerate(callbacks)
    ]


def _reused(uow: UnitOfWork, callbacks: Sequence[Callback]) -> set[int]:
    """The places of the callbacks whose signature was used with another body; the other signatures are remembered."""
    signed = [(one.once, place) for place, one in enumerate(callbacks) if one.once]
    refused = set()
    for once, place in sorted(signed, key=lambda pair: pair[0].digest):
        try:
            remember_signature(uow, once)
        except SignatureReused:
            refused.add(place)
    return refused


def _count_new(callback: Callback, new: set[str]) -> int:
    """How many of its events were new. Each is counted once, for the first callback that brought it."""
    keys = {storable_text(event.unique_key) or "" for event in callback.events} & new
    new -= keys
    return len(keys)


def _columns(rows: Sequence[tuple[ProviderEvent, str]]) -> dict[str, list[Any]]:
    events = [event for event, _ in rows]
    return {
        "providers": [event.provider for event in events],
        "raws": [raw for _, raw in rows],
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


def forget_signatures(engine: Engine) -> None:
    """Delete the remembered signatures that have expired."""
    with UnitOfWork(engine, every_client=True) as uow:
        uow.execute(sql("events/forget_signatures"))
        uow.commit()
