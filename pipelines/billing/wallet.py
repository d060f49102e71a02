"""Reserves and releases the credit of packets (docs/protocols.md#ledger)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pipelines.language import Sentence
from pipelines.language.money import priced
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Bill:
    """What the messages of a packet cost together, in minor units of `currency`."""

    packet_id: UUID
    client_id: UUID
    currency: str
    messages: int
    total_minor: int


def book(
    uow: UnitOfWork, client_id: UUID, kind: str, unique_key: str, currency: str, **facts: Any
) -> UUID | None:
    """Book a journal; its entries follow at commit. Returns its id, None when the key was booked before.

    `facts` are the other parameters of sql/billing/book: packet_id, paid_minor, reserved_minor, spent_minor, messages, note.
    """
    nothing = {
        "paid_minor": 0,
        "reserved_minor": 0,
        "spent_minor": 0,
        "messages": 0,
        "packet_id": None,
        "note": None,
    }
    journal = {"client_id": client_id, "kind": kind, "unique_key": unique_key, "currency": currency}
    booked: UUID | None = uow.scalar(sql("billing/book"), nothing | journal | facts)
    return booked


def available(uow: UnitOfWork, client_id: UUID, currency: str) -> int:
    """The credit that is free, in minor units. The client's accounts in all currencies stay locked until this transaction ends."""
    uow.execute(sql("billing/book_now"))
    uow.execute(sql("billing/book_at_commit"))
    balances: dict[tuple[str, str], int] = {
        (account.kind, account.currency): account.balance_minor
        for account in uow.all(sql("billing/lock_accounts"), {"client_id": client_id})
    }
    return balances.get(("available", currency), 0)


def reserve(uow: UnitOfWork, bill: Bill) -> Sentence | None:
    """Reserve the credit of a whole packet, or none of it. Returns why that is impossible, None when it is done.

    The packet has a row in packet_charge, and it or that row is locked.
    """
    if uow.scalar(sql("billing/frozen"), {"client_id": bill.client_id}):
        return Sentence("ledger_frozen")
    missing = bill.total_minor - available(uow, bill.client_id, bill.currency)
    packet = {"packet_id": bill.packet_id}
    uow.execute(sql("billing/charge_missing"), packet | {"missing_minor": max(0, missing)})
    if missing > 0:
        return Sentence(
            "not_enough_credit",
            {"missing": priced(missing, bill.currency), "total": priced(bill.total_minor, bill.currency)},
        )
    if bill.total_minor:
        times = uow.scalar(sql("billing/times_booked"), packet | {"kind": "reserve"})
        book(
            uow, bill.client_id, "reserve", f"reserve:{bill.packet_id}:{times + 1}", bill.currency,
            packet_id=bill.packet_id, reserved_minor=bill.total_minor, messages=bill.messages,
        )  # fmt: skip
    uow.execute(sql("billing/charge_reserved"), packet | {"total_minor": bill.total_minor})
    return None


def release_packet(uow: UnitOfWork, packet_id: UUID) -> None:
    """Release what is reserved for the messages of a packet, before they are deleted. The packet is locked."""
    charges = uow.all(sql("billing/charge_lock"), {"packet_id": packet_id})
    if not charges or charges[0].state != "reserved":
        return
    still_open = uow.one(sql("billing/open_prices"), {"packet_id": packet_id})
    if not still_open.messages:
        return
    times = uow.scalar(sql("billing/times_booked"), {"packet_id": packet_id, "kind": "replaced"})
    book(
        uow, charges[0].client_id, "replaced", f"replaced:{packet_id}:{times + 1}", charges[0].currency,
        packet_id=packet_id, reserved_minor=-still_open.total_minor, messages=still_open.messages,
    )  # fmt: skip
