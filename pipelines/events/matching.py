"""Which of the calls in doubt are in a provider's list (docs/decisions/0026). Pure: reads no database and asks no provider."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from pipelines.domain.sending import ProviderEvent
from pipelines.providers.carriers.listing import Listed

# The provider's clock may be a little behind ours; and a call may reach it when its lane's lease has just ended.
BEFORE, AFTER = timedelta(seconds=5), timedelta(seconds=60)
MAX_SKEW = timedelta(hours=1)  # of our clock, so that what is listed at a wrong time is not taken for missing


@dataclass(frozen=True, slots=True)
class InDoubt:
    """A call whose outcome is unknown, or not known yet (`in_flight`).

    `samples` are some of its messages, by attempt, each with its address and text. The provider can have accepted it only between `since` and
    `until`; if our clock is wrong, at most MAX_SKEW before or after.
    """

    call_id: UUID
    sender: str
    samples: tuple[tuple[UUID, str, str], ...]
    claimed_at: datetime
    begun_at: datetime
    lease_until: datetime
    in_flight: bool = False

    @property
    def since(self) -> datetime:
        return self.claimed_at - BEFORE

    @property
    def until(self) -> datetime:
        return self.lease_until + AFTER

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(address for _, address, _ in self.samples)


@dataclass(frozen=True, slots=True)
class Match:
    """What a list says. `found` are the events that prove calls; `unclear` are calls of which it may have something that is not theirs."""

    found: dict[UUID, ProviderEvent]
    unclear: frozenset[UUID]


def match(calls: Sequence[InDoubt], listed: Iterable[Listed], owned: Collection[str]) -> Match:
    """Assign each listed message to one call at most: by our own reference if the list repeats it, else by address, text and time.

    Of identical calls, as many are found as there are messages, those begun closest to them. `owned` are references that belong to other
    calls. A call is unclear if a message to its address is left over, or one with its text at a time that only a wrong clock explains.
    """
    found = _by_attempt(calls, listed)
    free = [
        one
        for one in sorted(listed, key=lambda one: (one.created_at, one.event.provider_ref or ""))
        if one.event.attempt_id is None and one.event.provider_ref not in owned
    ]
    waiting = [call for call in calls if call.call_id not in found and len(call.samples) == 1]
    for one in list(free):
        same = [
            call
            for call in waiting
            if _in_time(call, one, call.addresses[0]) and _is_text(one, call.samples[0][2])
        ]
        if same:
            call = min(same, key=lambda call: (abs(call.begun_at - one.created_at), call.call_id))
            found[call.call_id] = replace(one.event, attempt_id=call.samples[0][0])
            waiting.remove(call)
            free.remove(one)
    unclear = (
        call.call_id
        for call in calls
        if call.call_id not in found and any(_may_be(call, one) for one in free)
    )
    return Match(found, frozenset(unclear))


def _by_attempt(calls: Sequence[InDoubt], listed: Iterable[Listed]) -> dict[UUID, ProviderEvent]:
    """The calls whose own reference is in the list, each with its first event."""
    call_of = {attempt: call.call_id for call in calls for attempt, _, _ in call.samples}
    found: dict[UUID, ProviderEvent] = {}
    for one in listed:
        attempt = one.event.attempt_id
        if attempt in call_of and one.event.provider_ref:
            found.setdefault(call_of[attempt], one.event)
    return found


def _in_time(call: InDoubt, listed: Listed, address: str, skew: timedelta = timedelta(0)) -> bool:
    return listed.event.address == address and call.since - skew <= listed.created_at <= call.until + skew


def _may_be(call: InDoubt, listed: Listed) -> bool:
    """Whether a message that nobody owns keeps this call from being missing."""
    return any(
        _in_time(call, listed, address)
        or (_in_time(call, listed, address, MAX_SKEW) and (listed.body is None or _is_text(listed, body)))
        for _, address, body in call.samples
    )


def _is_text(listed: Listed, body: str) -> bool:
    return listed.body is not None and listed.body.strip() == body.strip()
