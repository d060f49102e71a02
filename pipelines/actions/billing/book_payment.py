"""Books money that comes in or goes out: payments, test credit, and corrections by hand."""

from uuid import UUID

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from pipelines.actions.billing.reserve_waiting import reserve_waiting
from pipelines.billing.wallet import available, book
from pipelines.domain.money import is_currency
from pipelines.errors import PacketboatError
from pipelines.language.money import priced
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

log = structlog.get_logger()


class BookingRefused(PacketboatError):
    """A booking is impossible."""


def top_up(engine: Engine, *, client_id: UUID, minor: int, currency: str, key: str, note: str) -> bool:
    """Book a payment of `minor` units under a unique key, and reserve what waits for it. False when the key was booked before.

    Raises BookingRefused for an amount that is not positive, an unknown currency, or a key that another amount was booked under.
    """
    if minor <= 0:
        raise BookingRefused("payment_not_positive")
    return _book(engine, client_id, "top_up", minor, currency, key, note)


def adjust(engine: Engine, *, client_id: UUID, minor: int, currency: str, key: str, note: str) -> bool:
    """Correct the credit by hand, up or down. False when the key was booked before.

    Raises BookingRefused when more would be taken than is free, or the key was booked with another amount.
    """
    return _book(engine, client_id, "adjust", minor, currency, key, note)


def _book(engine: Engine, client_id: UUID, kind: str, minor: int, currency: str, key: str, note: str) -> bool:
    if not is_currency(currency):
        raise BookingRefused("prices_unknown_currency", currency=currency)
    with UnitOfWork(engine, client_id) as uow:
        free = available(uow, client_id, currency)
        unique_key = f"{kind}:{client_id}:{key}"  # unique among all clients
        booked = book(uow, client_id, kind, unique_key, currency, paid_minor=minor, note=note)
        if booked is None:
            _compare_with_booked(uow, unique_key, minor, currency)
        if booked is not None and free + minor < 0:
            raise BookingRefused("adjustment_too_large")
        uow.commit()
    if booked is None:
        return False
    _start_waiting(engine, client_id)
    return True


def _compare_with_booked(uow: UnitOfWork, unique_key: str, minor: int, currency: str) -> None:
    """Refuse another amount under a key that was booked before: one of the two is a mistake."""
    before = uow.one(sql("billing/booked"), {"unique_key": unique_key})
    if (before.paid_minor, before.currency) != (minor, currency):
        raise BookingRefused("key_of_another_amount", booked=priced(before.paid_minor, before.currency))


def _start_waiting(engine: Engine, client_id: UUID) -> None:
    """Start what waited for the payment. The payment is booked, so a failure is left to the errand that tries this every minute."""
    try:
        reserve_waiting(engine, client_id)
    except SQLAlchemyError as error:
        log.warning("credit_not_reserved_yet", client_id=str(client_id), error=type(error).__name__)
