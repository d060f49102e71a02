"""Calls whose outcome is unknown, attempts proven too late, and how far providers were asked for missing reports."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.tables.base import Base, ClientId, Now, same_client


class CallCheck(Base):
    """One row for each call that is or was unknown (docs/decisions/0026).

    `next_at` is when the provider's list is read next: infinity if it is not. `empty` counts the complete readings without the call, the
    last of them at `empty_at`. `reason` says why a person must decide; `decision` (received | not_received) is theirs, and is final.
    """

    __tablename__ = "call_check"
    __table_args__ = (
        Index(None, "next_at", postgresql_where=text("decision is null")),
        Index(None, "packet_id"),
        same_client("packet_id", "data_packet"),
    )

    call_id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    packet_id: Mapped[UUID]
    next_at: Mapped[datetime]
    owner: Mapped[UUID | None]  # the process that reads the list, until next_at
    empty: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    empty_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    reason: Mapped[str | None]
    decision: Mapped[str | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]


class LateProof(Base):
    """An attempt that was closed as not accepted, and of which the provider reported later that it has it.

    `resent`: another call for the message was begun in the meantime, or was about to be, so it may have gone out twice.
    `noted_at` is when a person saw it.
    """

    __tablename__ = "late_proof"
    __table_args__ = (Index(None, "packet_id"), same_client("packet_id", "data_packet"))

    attempt_id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    packet_id: Mapped[UUID]
    message_id: Mapped[UUID]
    inbox_id: Mapped[int] = mapped_column(BigInteger)  # the first such event
    resent: Mapped[bool]
    found_at: Mapped[Now]
    noted_by: Mapped[str | None]
    noted_at: Mapped[datetime | None]


class ReportPoll(Base):
    """How far the provider has been asked about a channel of a packet: the messages without a final word, in the order of the claim index."""

    __tablename__ = "report_poll"
    __table_args__ = (Index(None, "next_at"), same_client("packet_id", "data_packet"))

    packet_id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    round: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    next_at: Mapped[datetime]
    after_expires: Mapped[datetime] = mapped_column(server_default=text("'-infinity'"))
    after_row: Mapped[int] = mapped_column(server_default=text("'-1'"))
    owner: Mapped[UUID | None]


class ListedDay(Base):
    """The comparison of a provider account's list of a day with what we recorded (docs/decisions/0033).

    `listed` is null if it was not read. `differences` has the number of messages and some references for each side.
    """

    __tablename__ = "listed_day"

    account: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    outcome: Mapped[str]  # agrees | differs | not_read
    listed: Mapped[int | None] = mapped_column(BigInteger)
    accepted: Mapped[int | None] = mapped_column(BigInteger)
    differences: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    compared_at: Mapped[Now]


class ProviderAccount(Base):
    """Which account at a provider is in use, and since when: the list of another proves nothing about a call (docs/decisions/0026)."""

    __tablename__ = "provider_account"

    account: Mapped[str] = mapped_column(primary_key=True)
    identity: Mapped[str]
    since: Mapped[datetime]


class OwnMessage(Base):
    """A message of our own that a provider lists, too: a notice, or an answer to STOP. It belongs to no packet."""

    __tablename__ = "own_message"

    provider_ref: Mapped[str] = mapped_column(primary_key=True)
    sent_at: Mapped[Now]
