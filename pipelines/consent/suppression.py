"""Suppressions: who may not be contacted, on which channel, and why (R47).

Whoever adds one commits it with what caused it, so the next claim already obeys it: nothing waits for a periodic task.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from pipelines.domain.suppression import PLATFORM_WIDE, Reason
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

ALL_CHANNELS = "*"  # instead of a channel's name: the person wants nothing at all

ASKED = "the person asked"

# What the person may take back by START or UNSTOP. Everything else is lifted by a named person alone.
BY_THE_PERSON = frozenset({Reason.OPTED_OUT, Reason.UNSUBSCRIBED})


def suppress(uow: UnitOfWork, client_id: UUID, channel: str, address: str, reason: str, source: str) -> bool:
    """Suppress an address for a client on a channel, or on ALL_CHANNELS. Returns whether that is new. The caller commits.

    When the person repeats a wish, the database keeps it, so that nothing from before lifts it. `source` says what caused it, without personal data: `reply`, `one-click`, `portal` … Messages that are not claimed yet are not sent:
    every claim asks. A reason of PLATFORM_WIDE suppresses the address for all clients, too. Raises ValueError for an unknown reason.
    """
    return bool(suppress_many(uow, client_id, channel, [address], reason, source))


def suppress_many(
    uow: UnitOfWork,
    client_id: UUID,
    channel: str,
    addresses: Sequence[str],
    reason: str,
    source: str,
    *,
    says_so: bool = True,
) -> int:
    """Suppress many addresses like `suppress`, in one statement. Returns how many are new.

    `says_so`: the people say so now. A list of those who once did repeats no wish.
    """
    parameters = {
        "addresses": list(addresses),
        "hashes": [],
        "reason": Reason(reason).value,
        "source": source,
    }
    wish = {"client_id": client_id, "channel": channel, "says_so": says_so}
    new = len(uow.all(sql("consent/suppress"), parameters | wish))
    if reason in PLATFORM_WIDE:
        uow.execute(sql("consent/suppress_on_platform"), parameters)
    return new


def suppress_hash(
    uow: UnitOfWork, client_id: UUID, channel: str, address_hash: bytes, reason: Reason, source: str
) -> bool:
    """Suppress an address of which only the keyed hash is known. Returns whether that is new. The caller commits."""
    parameters = {"client_id": client_id, "channel": channel, "reason": reason.value, "source": source}
    return bool(uow.all(sql("consent/suppress_hash"), parameters | {"address_hash": address_hash}))


def suppress_on_platform(uow: UnitOfWork, addresses: Sequence[str], reason: str, source: str) -> None:
    """Suppress addresses for every client, on every channel. The caller commits."""
    parameters = {
        "addresses": list(addresses),
        "hashes": [],
        "reason": Reason(reason).value,
        "source": source,
    }
    uow.execute(sql("consent/suppress_on_platform"), parameters)


def lift_by_person(uow: UnitOfWork, client_id: UUID, channel: str, address: str, source: str) -> int:
    """The person wants messages again (START): lift what the person may lift, on this channel and on all channels.

    Returns how many suppressions were lifted. The caller commits.

    Which words mean that, on which kind of number, is for the caller to know (docs/protocols.md#twilio). A complaint, a wrong number and
    a block of the client stay.
    """
    return lift(
        uow,
        client_id,
        channel,
        address,
        by=source,
        because=ASKED,
        reasons=BY_THE_PERSON,
        lift_all=True,
    )


def lift_by_consent(uow: UnitOfWork, client_id: UUID, channel: str, address: str, given_at: datetime) -> int:
    """The person agreed to messages on this channel: lift what the person had said before about it. Returns how many. The caller commits.

    What the person said about all channels stays: nobody asked about the others.
    """
    by = "consent given"
    return lift(uow, client_id, channel, address, by=by, because=ASKED, reasons=BY_THE_PERSON, until=given_at)


def stops_all(uow: UnitOfWork, client_id: UUID, address: str) -> bool:
    """Whether the address is suppressed on all channels at once, which no change of a single channel lifts."""
    return bool(uow.scalar(sql("consent/stops_all"), {"client_id": client_id, "address": address}))


def why_refused(uow: UnitOfWork, client_id: UUID, channel: str, address: str) -> str | None:
    """Why a client may not send to an address on a channel, as every claim asks; None if it may."""
    reason: str | None = uow.scalar(
        sql("consent/why_refused"), {"client_id": client_id, "channel": channel, "address": address}
    )
    return reason


def lift(
    uow: UnitOfWork,
    client_id: UUID | None,
    channel: str,
    address: str,
    *,
    by: str,
    because: str,
    reasons: Collection[str] = frozenset(Reason),
    until: datetime | None = None,
    lift_all: bool = False,
) -> int:
    """Lift the suppressions of an address with one of these reasons on the channel, and with `lift_all` those of all channels. The caller commits.

    Returns how many were lifted. No client means the whole platform. What was said again after `until` stays. `by` is who does it,
    `because` why; both stay in the history for good, so they must not quote personal data. This is the only way to lift one: the database
    refuses a plain delete.
    """
    parameters = {
        "client_id": client_id,
        "channel": channel,
        "address": address,
        "reasons": sorted(reasons),
        "lifted_by": by,
        "because": because,
        "until": until,
        "lift_all": lift_all,
    }
    lifted: int = uow.scalar(sql("consent/lift"), parameters)
    return lifted
