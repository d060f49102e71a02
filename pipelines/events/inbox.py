"""Stores a provider's events before they are processed: once we confirm the callback, the provider does not repeat it (P6)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Engine

from pipelines.domain.sending import OneTimeSignature, ProviderEvent
from pipelines.store.received import SignatureReused, storable, storable_text
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

STORE = sql("events/store")

_encode = json.JSONEncoder(check_circular=False).encode  # what was read from text has no cycles


class Callback:
    """The events of one verified callback as JSON that PostgreSQL can store. Long bodies take long: then create it in a thread.

    `rows` has the unique key and the text of each event.
    """

    __slots__ = ("once", "rows")

    def __init__(
        self, events: Sequence[ProviderEvent], raw: Mapping[str, Any], once: OneTimeSignature | None = None
    ) -> None:
        """`raw` is the body; `once` is the signature if it is valid only once."""
        self.once = once
        self.rows = [(row["unique_key"], _json(row)) for row in _rows(events, raw, once)]


class Group:
    """Callbacks that are stored by one statement, which either stores all of them or fails.

    A repeat is recognised by its unique key and changes nothing. The signatures are stored with the events; a callback whose signature
    was used with another body is not stored. `parameters` are those of sql/events/store.
    """

    def __init__(self, callbacks: Sequence[Callback]) -> None:
        self._callbacks = callbacks
        self._first: dict[bytes, OneTimeSignature] = {}
        for callback in callbacks:
            if callback.once:
                self._first.setdefault(callback.once.digest, callback.once)
        rows = [row for callback in callbacks if not self._is_reused(callback) for row in callback.rows]
        # In one order everywhere, so that two processes that store the same events or signatures do not deadlock.
        rows.sort(key=itemgetter(0))
        signatures = [_signature(self._first[digest]) for digest in sorted(self._first)]
        events = ",".join([text for _, text in rows])
        self.parameters = {"events": f"[{events}]", "signatures": json.dumps(signatures)}

    def results(self, rows: Iterable[Sequence[Any]]) -> list[int | SignatureReused]:
        """How many events of each callback were new, or that it was not stored; from the rows of the statement."""
        new: set[str] = set()
        remembered: set[str] = set()
        for key, digest in rows:
            if key is None:
                remembered.add(digest)
            else:
                new.add(key)
        return [
            SignatureReused()
            if callback.once and (self._is_reused(callback) or callback.once.digest.hex() not in remembered)
            else _count_new(callback, new)
            for callback in self._callbacks
        ]

    def _is_reused(self, callback: Callback) -> bool:
        once = callback.once
        return once is not None and self._first[once.digest].body_digest != once.body_digest


def store(
    engine: Engine,
    events: Sequence[ProviderEvent],
    raw: Mapping[str, Any],
    once: OneTimeSignature | None = None,
) -> int:
    """Store the events of one callback. When this returns, they are committed. Returns how many were new. Raises SignatureReused."""
    (new,) = store_together(engine, [Callback(events, raw, once)])
    if isinstance(new, SignatureReused):
        raise new
    return new


def store_together(engine: Engine, callbacks: Sequence[Callback]) -> list[int | SignatureReused]:
    """Store several callbacks in one transaction (see Group). Returns for each how many of its events were new, or that it was refused."""
    group = Group(callbacks)
    with UnitOfWork(engine, every_client=True) as uow:
        rows = uow.all(STORE, group.parameters)
        uow.commit()
    return group.results(rows)


def _rows(
    events: Sequence[ProviderEvent], raw: Mapping[str, Any], once: OneTimeSignature | None
) -> list[dict[str, Any]]:
    signature = once.digest.hex() if once else None
    return [
        {
            "provider": event.provider,
            "unique_key": storable_text(event.unique_key),
            "state": event.state,
            "rank": event.rank,
            "attempt_id": event.attempt_id and str(event.attempt_id),
            "provider_ref": event.provider_ref,
            "address": event.address,
            "occurred_at": event.occurred_at and event.occurred_at.isoformat(),
            "error_code": event.error_code,
            "opt_out": event.opt_out,
            "raw": raw,
            "signature": signature,
        }
        for event in events
    ]


def _signature(once: OneTimeSignature) -> dict[str, str]:
    return {
        "digest": once.digest.hex(),
        "body_digest": once.body_digest.hex(),
        "until": once.until.isoformat(),
    }


def _json(row: Mapping[str, Any]) -> str:
    """The row as JSON that PostgreSQL can store. Only an escape can stand for a character that it cannot: the usual text has none."""
    text = _encode(row)
    return _encode(storable(row)) if "\\u" in text else text


def _count_new(callback: Callback, new: set[str]) -> int:
    """How many of its events were new. Each is counted once, for the first callback that brought it."""
    keys = {key for key, _ in callback.rows} & new
    new -= keys
    return len(keys)


def forget_signatures(engine: Engine) -> None:
    """Delete the remembered signatures that have expired."""
    with UnitOfWork(engine, every_client=True) as uow:
        uow.execute(sql("events/forget_signatures"))
        uow.commit()
