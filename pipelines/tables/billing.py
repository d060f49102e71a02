"""Prices and the ledger: double entry, integer minor units (docs/protocols.md#ledger).

Only a journal whose entries add up to zero changes a balance.
"""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.tables.base import Base, ClientId, Id, Now, referred_to, same_client


class PriceList(Base):
    """A version of the prices of one client, or of the platform (no client). It is never changed: an import adds the next version."""

    __tablename__ = "price_list"
    __table_args__ = (
        UniqueConstraint("client_id", "version", postgresql_nulls_not_distinct=True),
        referred_to(),
    )

    id: Mapped[Id]
    client_id: Mapped[ClientId | None] = mapped_column(ForeignKey("client.id"))
    version: Mapped[int]
    currency: Mapped[str]  # ISO 4217
    imported_at: Mapped[Now]
    imported_by: Mapped[str]


class Price(Base):
    """What a message, or a segment of one, costs from a day on. `country` is ISO 3166 or `*` for every other one.

    A price per `forward` is for a reply that is forwarded to the client: `channel` is then the way, and `country` is `*`.
    """

    __tablename__ = "price"
    __table_args__ = (
        Index(
            "price_once_key",
            "list_id",
            "channel",
            "country",
            "valid_from",
            text("(unit = 'forward')"),
            unique=True,
        ),
        CheckConstraint("price_minor >= 0", name="not_negative"),
        CheckConstraint("unit in ('segment', 'message', 'forward')", name="known_unit"),
        same_client("list_id", "price_list"),
    )

    id: Mapped[Id]
    list_id: Mapped[UUID]
    client_id: Mapped[ClientId | None]
    valid_from: Mapped[date]
    channel: Mapped[str]
    country: Mapped[str]
    unit: Mapped[str]
    price_minor: Mapped[int] = mapped_column(BigInteger)


class PacketCharge(Base):
    """What a packet costs, when it costs anything. While it is `waiting`, its credit is not reserved and nothing of it is sent. It is `ended` when the
    packet was closed without credit.

    `total_minor` is what its messages cost if all are sent; `likely_low_minor` and `likely_high_minor` bound what it will probably cost, for
    the `reasons` (sentences). `missing_minor` is how much credit was missing, `never_reserved_minor` what the messages would have cost that ended while it waited.
    """

    __tablename__ = "packet_charge"
    __table_args__ = (
        CheckConstraint("state in ('waiting', 'reserved', 'ended')", name="known_state"),
        Index("packet_charge_waiting_idx", "client_id", postgresql_where=text("state = 'waiting'")),
        same_client("packet_id", "data_packet"),
    )

    packet_id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    price_list_id: Mapped[UUID]  # of the client or of the platform, hence no foreign key
    currency: Mapped[str]
    state: Mapped[str]
    messages: Mapped[int]
    total_minor: Mapped[int] = mapped_column(BigInteger)
    missing_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    never_reserved_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    likely_low_minor: Mapped[int] = mapped_column(BigInteger)
    likely_high_minor: Mapped[int] = mapped_column(BigInteger)
    reasons: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    made_at: Mapped[Now]


class Account(Base):
    """An account of one client in one currency (ISO 4217). `balance_minor` is the sum of its entries, maintained by the database.

    Money in equals what is spent, reserved and available: the balances of a client add up to zero, with `paid_in` and `owed` below it.
    """

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("client_id", "kind", "currency"),
        referred_to(),
        CheckConstraint(
            "case when kind in ('paid_in', 'owed') then balance_minor <= 0 else balance_minor >= 0 end",
            name="on_its_side",
        ),
    )

    id: Mapped[Id]
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    kind: Mapped[str]  # available | reserved | spent | paid_in | owed
    currency: Mapped[str]
    balance_minor: Mapped[int] = mapped_column(BigInteger, server_default="0")


class Journal(Base):
    """A movement of money and its reason. The same key cannot be booked twice.

    The database writes its entries at commit: `paid_minor` comes in from outside, `reserved_minor` and `spent_minor` are added to these
    accounts, and the rest is available. `messages` is how many messages of the packet moved.
    """

    __tablename__ = "journal"
    __table_args__ = (
        referred_to(),
        same_client("packet_id", "data_packet"),
        Index("journal_packet_id_idx", "packet_id", postgresql_where=text("packet_id is not null")),
        Index(None, "client_id", "created_at"),
    )

    id: Mapped[Id]
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    unique_key: Mapped[str] = mapped_column(unique=True)  # reserve:<packet>:<n> …
    kind: Mapped[str]  # top_up | adjust | reserve | capture | release | reversal | reopen | refund
    created_at: Mapped[Now]
    packet_id: Mapped[UUID | None]
    currency: Mapped[str | None]
    paid_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    reserved_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    spent_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    messages: Mapped[int] = mapped_column(server_default=text("0"))
    note: Mapped[str | None]


class Entry(Base):
    """One side of a journal. Append-only."""

    __tablename__ = "entry"
    __table_args__ = (
        Index(None, "journal_id"),
        CheckConstraint("amount_minor <> 0", name="not_zero"),
        same_client("journal_id", "journal"),
        same_client("account_id", "account"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    journal_id: Mapped[UUID]
    account_id: Mapped[UUID]
    amount_minor: Mapped[int] = mapped_column(BigInteger)


class Refund(Base):
    """What was returned for a message, once per reason. The database refuses more than was charged. Append-only."""

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="positive"),
        same_client("journal_id", "journal"),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    journal_id: Mapped[UUID]
    amount_minor: Mapped[int] = mapped_column(BigInteger)


class ClientAlarm(Base):
    """What somebody has to know about a client: its money, complaints. `params` complete the sentence of `code`.

    `subject` is the currency, where each has an alarm of its own.
    """

    __tablename__ = "client_alarm"

    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True, server_default="")
    params: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    raised_at: Mapped[Now]
