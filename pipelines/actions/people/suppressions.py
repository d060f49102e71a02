"""Staff and clients say whom not to contact, and lift that again, with their names (R47)."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine

from pipelines.actions.people.addresses import AddressUnusable, read_address, setting_of
from pipelines.consent import suppression
from pipelines.domain.suppression import Reason
from pipelines.errors import PacketboatError
from pipelines.store.unit_of_work import UnitOfWork

BATCH = 10_000  # addresses written together


class NothingToLift(PacketboatError):
    """The address is not suppressed there."""


class StopsAll(PacketboatError):
    """The address is suppressed on all channels, so it cannot be allowed on one."""


@dataclass(slots=True)
class Imported:
    """How many addresses a list had, how many of them are new, and the lines (from 1) that cannot be read."""

    addresses: int
    new: int
    unreadable: list[int]


def suppress(engine: Engine, client_id: UUID, channel: str, typed: str, reason: Reason, source: str) -> bool:
    """Suppress an address that somebody typed. Returns whether that is new. Raises AddressUnusable."""
    address = read_address(channel, typed, setting_of(engine, client_id))
    with UnitOfWork(engine, client_id) as uow:
        new = suppression.suppress(uow, client_id, channel, address, reason, source)
        uow.commit()
    return new


def suppress_list(
    engine: Engine, client_id: UUID, channel: str, lines: Iterable[str], reason: Reason, source: str
) -> Imported:
    """Suppress a list: the address is the first cell of each line. A heading is one of the unreadable lines.

    Who is suppressed for this reason already said nothing anew: the same list may come every night.
    """
    setting = setting_of(engine, client_id)
    done, batch = Imported(0, 0, []), []
    with UnitOfWork(engine, client_id) as uow:
        for number, cells in enumerate(csv.reader(lines), start=1):
            if not cells or not cells[0].strip():
                continue
            try:
                batch.append(read_address(channel, cells[0], setting))
            except AddressUnusable:
                done.unreadable.append(number)
            if len(batch) == BATCH:
                _write(uow, done, batch, (client_id, channel, reason, source))
        _write(uow, done, batch, (client_id, channel, reason, source))
        uow.commit()
    return done


def _write(uow: UnitOfWork, done: Imported, batch: list[str], terms: tuple[UUID, str, Reason, str]) -> None:
    client_id, channel, reason, source = terms
    done.addresses += len(batch)
    done.new += suppression.suppress_many(uow, client_id, channel, batch, reason, source, says_so=False)
    batch.clear()


def lift(engine: Engine, client_id: UUID, channel: str, typed: str, *, by: str, because: str) -> int:
    """Lift every suppression of an address on a channel, with the name of the person who does it and why.

    Returns how many. What holds for the whole platform stays. Raises AddressUnusable, NothingToLift and StopsAll.
    """
    address = read_address(channel, typed, setting_of(engine, client_id))
    with UnitOfWork(engine, client_id) as uow:
        if channel != suppression.ALL_CHANNELS and suppression.stops_all(uow, client_id, address):
            raise StopsAll("stops_all_channels")
        lifted = suppression.lift(uow, client_id, channel, address, by=by, because=because)
        uow.commit()
    if not lifted:
        raise NothingToLift("nothing_to_lift")
    return lifted


def lift_on_platform(engine: Engine, address: str, *, by: str, because: str) -> int:
    """Lift what suppresses an address (E.164, or an e-mail address) for every client. For staff. Raises NothingToLift."""
    with UnitOfWork(engine, every_client=True) as uow:
        lifted = suppression.lift(uow, None, suppression.ALL_CHANNELS, address, by=by, because=because)
        uow.commit()
    if not lifted:
        raise NothingToLift("nothing_to_lift")
    return lifted
