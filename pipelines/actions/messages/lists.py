"""Reads the providers' lists for the calls of one claim, without an open transaction."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import groupby

import structlog
from sqlalchemy import Engine, Row

from pipelines.actions.time_budget import TimeBudget
from pipelines.errors import SettingsError
from pipelines.events.matching import MAX_SKEW, InDoubt
from pipelines.providers.carriers import carrier_named
from pipelines.providers.carriers.base import Carrier, Declined
from pipelines.providers.carriers.listing import CannotList, Listing, Search
from pipelines.providers.http.wire import CallFailed
from pipelines.settings import Settings
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

THREADS = 8  # lists that are read at once

log = structlog.get_logger()


@dataclass(slots=True)
class Group:
    """Calls that one reading of a list may prove: the same provider, sender and addresses. `claimed` are ours, `others` are beside them."""

    provider: str
    claimed: list[InDoubt]
    others: list[InDoubt] = field(default_factory=list)

    @property
    def in_flight(self) -> bool:
        """Whether an entry of the list may belong to a call whose answer is still awaited."""
        return any(call.in_flight for call in self.others)

    @property
    def search(self) -> Search:
        """What proves these calls, at whatever time it was accepted if our clock is wrong."""
        calls = self.claimed + self.others
        return Search(
            self.claimed[0].sender,
            self.claimed[0].addresses,
            min(call.since for call in calls) - MAX_SKEW,
            max(call.until for call in calls) + MAX_SKEW,
        )


class Unread(Exception):
    """The list could not be read, or not to its end: it proves nothing."""


class Untried(Exception):
    """There was no time to read the list."""


def grouped(engine: Engine, rows: Sequence[Row]) -> list[Group]:  # type: ignore[type-arg]
    """The calls of a claim (rows of sql/actions/reconcile/lost) by the list that may prove them, each with the calls beside them."""
    groups: dict[tuple[str, str, tuple[str, ...]], Group] = {}
    for _, samples in groupby(rows, key=lambda row: row.call_id):
        messages = list(samples)
        call = _in_doubt(messages)
        key = (messages[0].provider, call.sender, call.addresses)
        groups.setdefault(key, Group(messages[0].provider, [])).claimed.append(call)
    with UnitOfWork(engine, every_client=True) as uow:
        for provider in {provider for provider, *_ in groups}:
            _add_others(uow, provider, groups)
    return list(groups.values())


def _add_others(
    uow: UnitOfWork, provider: str, groups: Mapping[tuple[str, str, tuple[str, ...]], Group]
) -> None:
    addresses = {
        address for named, _, group_addresses in groups for address in group_addresses if named == provider
    }
    claimed = [call.call_id for group in groups.values() for call in group.claimed]
    parameters = {"provider": provider, "addresses": list(addresses), "call_ids": claimed}
    for row in uow.all(sql("actions/reconcile/beside"), parameters):
        group = groups.get((provider, row.sender or "", (row.address,)))
        if group is not None:
            group.others.append(_in_doubt([row], in_flight=row.state == "sending"))


def _in_doubt(messages: Sequence[Row], *, in_flight: bool = False) -> InDoubt:  # type: ignore[type-arg]
    first = messages[0]
    samples = tuple((row.attempt_id, row.address, row.body) for row in messages)
    return InDoubt(
        call_id=first.call_id,
        sender=first.sender or "",
        samples=samples,
        claimed_at=first.claimed_at,
        begun_at=first.begun_at or first.claimed_at,
        lease_until=first.lease_until,
        in_flight=in_flight,
    )


class Lists:
    """The providers' lists during one run. A provider that gives no answer is not asked again in it: each call would wait as long."""

    def __init__(self, settings: Settings, secrets: Mapping[str, str], budget: TimeBudget) -> None:
        self._settings, self._secrets, self._budget = settings, secrets, budget
        self._silent: set[str] = set()

    def read(self, groups: Sequence[Group]) -> list[Listing | Exception]:
        """The list for each group, or why there is none: Unread, CannotList, or Untried when the time is spent."""
        with ExitStack() as opened, ThreadPoolExecutor(THREADS) as pool:
            names = {group.provider for group in groups}
            carriers = {
                name: opened.enter_context(closing(carrier))
                for name, carrier in _carriers(names, self._settings, self._secrets)
            }
            return list(pool.map(lambda group: self._read(carriers.get(group.provider), group), groups))

    def _read(self, carrier: Carrier | None, group: Group) -> Listing | Exception:
        if carrier is None or group.provider in self._silent:
            return Unread()
        if self._budget.spent:
            return Untried()
        try:
            return carrier.find(group.search)
        except CannotList as error:
            return error
        except (Declined, CallFailed, ValueError) as error:
            if isinstance(error, CallFailed):
                self._silent.add(group.provider)
            log.warning("list_not_read", provider=group.provider, error=type(error).__name__)
            return Unread()


def _carriers(
    names: Iterable[str], settings: Settings, secrets: Mapping[str, str]
) -> Iterable[tuple[str, Carrier]]:
    for name in names:
        try:
            yield name, carrier_named(name, settings, secrets)
        except SettingsError as error:
            log.warning("provider_cannot_be_asked", provider=name, code=error.code)


def known_references(uow: UnitOfWork, provider: str, listing: Listing) -> frozenset[str]:
    """Those of the listed references that belong to calls already."""
    references = [one.event.provider_ref for one in listing.messages if one.event.provider_ref]
    parameters = {"provider": provider, "provider_refs": references}
    return frozenset(row.provider_ref for row in uow.all(sql("actions/reconcile/owned"), parameters))
