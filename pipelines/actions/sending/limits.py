"""Sets and removes limits on what is sent per second and per day (docs/decisions/0029)."""

import re
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine

from pipelines.channels import channels
from pipelines.cleaning.phone import REGIONS
from pipelines.domain.limit import BY_DAY_ALONE, OF_ALL_CLIENTS, OF_ONE_CLIENT, LimitScope
from pipelines.errors import NotFound, PacketboatError
from pipelines.providers.carriers import carriers
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

PREFIX = re.compile(r"\+[1-9][0-9]{0,13}")


class LimitInvalid(PacketboatError):
    """The limit could not hold for anything."""


@dataclass(frozen=True, slots=True)
class LimitOf:
    """What a limit is about. `subject` is the name of a provider or channel, the address of a sender, a country (ISO 3166) or a prefix (+1900);
    empty for a client. Without a client it holds for all clients together.
    """

    scope: LimitScope
    subject: str
    client_id: UUID | None


def set_limit(engine: Engine, limit: LimitOf, *, per_second: float | None, per_day: int | None) -> None:
    """Set a limit in the provider's units; it is in effect within seconds. Raises LimitInvalid, which says what is wrong with it."""
    if per_second is None and per_day is None:
        raise LimitInvalid("limit_without_number")
    if per_second is not None and limit.scope in BY_DAY_ALONE:
        raise LimitInvalid("limit_by_day_alone", scope=limit.scope.value)
    subject = _subject(engine, limit)
    values = {"client_id": limit.client_id, "scope": limit.scope.value, "subject": subject}
    with UnitOfWork(engine, every_client=True) as uow:
        uow.execute(sql("actions/sending/set_limit"), values | {"per_second": per_second, "per_day": per_day})
        uow.execute(sql("actions/sending/lock_waits"), values | {"channel": None})
        uow.execute(sql("actions/sending/end_waits"), values | {"channel": None})
        uow.commit()


def remove_limit(engine: Engine, limit: LimitOf) -> None:
    """Remove a limit. Raises NotFound when there is none."""
    subject = _subject(engine, limit)
    values = {"client_id": limit.client_id, "scope": limit.scope.value, "subject": subject}
    with UnitOfWork(engine, every_client=True) as uow:
        if uow.execute(sql("actions/sending/remove_limit"), values).rowcount == 0:
            raise NotFound("no_such_limit")
        uow.execute(sql("actions/sending/lock_waits"), values | {"channel": None})
        uow.execute(sql("actions/sending/end_waits"), values | {"channel": None})
        uow.commit()


def _subject(engine: Engine, limit: LimitOf) -> str:
    """The subject as it is kept: the id of a sender, otherwise its name."""
    scope, subject = limit.scope, limit.subject
    if scope in OF_ONE_CLIENT and limit.client_id is None:
        raise LimitInvalid("limit_needs_client", scope=scope.value)
    if scope in OF_ALL_CLIENTS and limit.client_id is not None:
        raise LimitInvalid("limit_of_all_clients", scope=scope.value)
    if scope is LimitScope.SENDER:
        return _sender(engine, limit)
    known = {
        LimitScope.CLIENT: {""},
        LimitScope.CHANNEL: set(channels()),
        LimitScope.PROVIDER: set(carriers()),
        LimitScope.BRAND: set(carriers()),
        LimitScope.COUNTRY: set(REGIONS),
    }
    fits = PREFIX.fullmatch(subject) if scope is LimitScope.PREFIX else subject in known[scope]
    if not fits:
        raise LimitInvalid("limit_unknown_subject", scope=scope.value, subject=subject)
    return subject


def _sender(engine: Engine, limit: LimitOf) -> str:
    with UnitOfWork(engine, limit.client_id) as uow:
        values = {"client_id": limit.client_id, "address": limit.subject}
        found = uow.all(sql("actions/sending/sender"), values)
    if not found:
        raise NotFound("no_such_sender")
    return str(found[0].id)
