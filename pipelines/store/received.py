"""Stores what comes from outside: texts that PostgreSQL accepts, and signatures that are valid for one body only."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pipelines.domain.sending import OneTimeSignature
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


class SignatureReused(Exception):
    """The signature of this callback was used before, with another body."""


def remember_signature(uow: UnitOfWork, once: OneTimeSignature | None) -> None:
    """Remember the signature, if there is one, in the transaction that stores its body. Raises SignatureReused."""
    if once and not uow.all(sql("events/remember_signature"), asdict(once)):
        raise SignatureReused


def storable_text(value: str | None) -> str | None:
    """The text in a form that PostgreSQL can store: without NULs and lone surrogates."""
    return None if value is None else value.replace("\0", "").encode(errors="replace").decode()


def storable(value: Any) -> Any:
    """A JSON value whose texts PostgreSQL can store."""
    match value:
        case str():
            return storable_text(value)
        case Mapping():
            return {storable_text(str(key)): storable(item) for key, item in value.items()}
        case list() | tuple():
            return [storable(item) for item in value]
    return value
