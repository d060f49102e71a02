"""Recipients: addresses that may not receive messages, and why; what people have agreed to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    FetchedValue,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.tables.base import Base, ClientId, Id, Now

COMPARABLE = "address = comparable_address(address)"
HASH_ONLY = text("address is null")


class Suppression(Base):
    """An address that this client may no longer use on this channel (R47). An upload never removes one.

    `address` is in the form in which addresses are compared (`comparable_address` in migration 0015): E.164 for phones; case-folded for
    e-mail, with the domain in ASCII. It is null once the person is erased: then `address_hash` alone remembers the opposition. The
    database computes the hash, with a key that is not in it. An address has a row for each reason. Channel `*` means all channels.
    """

    __tablename__ = "suppression"
    __table_args__ = (
        UniqueConstraint(
            "client_id",
            "channel",
            "address_hash",
            "reason",
            name="suppression_client_id_channel_address_hash_reason_key",
        ),
        CheckConstraint(COMPARABLE, name="comparable"),
        Index("suppression_client_id_channel_address_idx", "client_id", "channel", "address"),
        Index("suppression_hash_only_idx", "client_id", postgresql_where=HASH_ONLY),
    )

    id: Mapped[Id]
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    channel: Mapped[str]
    address: Mapped[str | None]
    address_hash: Mapped[bytes] = mapped_column(server_default=FetchedValue())
    reason: Mapped[str]  # opted_out | unsubscribed | complained | hard_bounce | wrong_number | blocked
    source: Mapped[str]  # provider event, portal, file …
    last_at: Mapped[Now]  # when the person last said so; created_at is the first time
    created_at: Mapped[Now]


class PlatformSuppression(Base):
    """An address that no client may use on any channel: a complaint, or a wrong number. Clients cannot read this table."""

    __tablename__ = "platform_suppression"
    __table_args__ = (
        UniqueConstraint("address_hash", "reason", name="platform_suppression_address_hash_reason_key"),
        CheckConstraint(COMPARABLE, name="comparable"),
        Index("platform_suppression_address_idx", "address"),
        Index("platform_suppression_hash_only_idx", "id", postgresql_where=HASH_ONLY),
    )

    id: Mapped[Id]
    address: Mapped[str | None]
    address_hash: Mapped[bytes] = mapped_column(server_default=FetchedValue())
    reason: Mapped[str]  # complained | wrong_number
    source: Mapped[str]
    created_at: Mapped[Now]


class SuppressionChange(Base):
    """A suppression that was added, repeated or lifted, by whom or what, and why. The database writes it and never changes it."""

    __tablename__ = "suppression_change"
    __table_args__ = (
        Index(None, "client_id", "address_hash"),
        Index(
            "suppression_change_complained_idx",
            "client_id",
            "changed_at",
            postgresql_where=text("reason = 'complained'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    client_id: Mapped[UUID | None]  # none for the whole platform
    channel: Mapped[str]
    address_hash: Mapped[bytes]
    reason: Mapped[str]
    change: Mapped[str]  # added | repeated | lifted
    source: Mapped[str]
    note: Mapped[str | None]  # why it was lifted
    changed_at: Mapped[Now]


class ConsentRecord(Base):
    """What a person agreed to (`given`) or took back, with the evidence. Never changed, except that the person may be erased.

    `number` counts a client's records from 1, and `proof` chains each to the one before it. The database computes number, hashes and proof.
    """

    __tablename__ = "consent_record"
    __table_args__ = (
        CheckConstraint(COMPARABLE, name="comparable"),
        Index("consent_record_address_hash_idx", "client_id", "address_hash", "channel", "purpose", "number"),
    )

    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    given: Mapped[bool]
    channel: Mapped[str]
    purpose: Mapped[str]
    address_hash: Mapped[bytes]
    personal_hash: Mapped[bytes]
    person: Mapped[str | None]
    address: Mapped[str | None]
    ip: Mapped[str | None]
    text_shown: Mapped[str]
    text_version: Mapped[str]
    source: Mapped[str]  # the form's URL, a file and its row, a keyword
    given_at: Mapped[datetime]
    recorded_at: Mapped[Now]
    proof: Mapped[bytes]
