"""The ledger: double entry, integer minor units. Only a journal whose entries add up to zero changes a balance (docs/protocols.md#ledger)."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.tables.base import Base, ClientId, Id, Now, referred_to, same_client


class Account(Base):
    """An account of one client in one currency (ISO 4217). `balance_minor` is the sum of its entries, maintained by the database."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("client_id", "kind", "currency"),
        referred_to(),
        CheckConstraint(
            "kind not in ('available', 'reserved') or balance_minor >= 0", name="never_below_zero"
        ),
    )

    id: Mapped[Id]
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    kind: Mapped[str]  # available | reserved | spent | paid_in
    currency: Mapped[str]
    balance_minor: Mapped[int] = mapped_column(BigInteger, server_default="0")


class Journal(Base):
    """A movement of money and its reason. The same key cannot be booked twice."""

    __tablename__ = "journal"
    __table_args__ = (referred_to(),)

    id: Mapped[Id]
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    unique_key: Mapped[str] = mapped_column(unique=True)  # reserve:<packet> …
    kind: Mapped[str]
    created_at: Mapped[Now]


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
