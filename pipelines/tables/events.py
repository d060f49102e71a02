"""Events from providers and side effects to deliver: inbox, message events, outbox."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.tables.base import Base, ClientId, Id, Now


class EventInbox(Base):
    """An event as it came in, stored before it is processed. Its client is known only when it is applied.

    `outcome` is null, or `unmatched` after it was left unmatched, or `contradicting` if its reference is that of another call.
    """

    __tablename__ = "event_inbox"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    provider: Mapped[str]
    unique_key: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str | None]
    rank: Mapped[int] = mapped_column(SmallInteger)
    attempt_id: Mapped[UUID | None]
    provider_ref: Mapped[str | None]
    address: Mapped[str | None]
    occurred_at: Mapped[datetime | None]
    error_code: Mapped[str | None]
    opt_out: Mapped[str | None]
    raw: Mapped[dict[str, Any]]
    received_at: Mapped[Now]
    outcome: Mapped[str | None]


class OpenEvent(Base):
    """An event of the inbox that is neither applied nor left unmatched. One that cannot be applied is set aside until `next_try_at`, and one
    that waits for the answer of a later call has no `problem`.
    """

    __tablename__ = "open_event"
    __table_args__ = (Index(None, "next_try_at", postgresql_where=text("next_try_at is not null")),)

    inbox_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    next_try_at: Mapped[datetime | None]
    problem: Mapped[str | None]  # why it was set aside last
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))  # alone
    suppressed: Mapped[bool] = mapped_column(server_default=text("false"))  # the address in it


class HookSignature(Base):
    """A signature that does not cover the body, and the one body that it was used with. It is valid up to `until`."""

    __tablename__ = "hook_signature"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    body_digest: Mapped[bytes]
    until: Mapped[datetime] = mapped_column(index=True)


class MessageEvent(Base):
    """The history of a message: every event that was matched to it, in the order of arrival. `outcome` is applied | outranked."""

    __tablename__ = "message_event"
    __table_args__ = (Index(None, "message_id"),)

    inbox_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    client_id: Mapped[ClientId]
    message_id: Mapped[UUID]
    packet_id: Mapped[UUID]
    state: Mapped[str | None]
    occurred_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    error_code: Mapped[str | None]
    outcome: Mapped[str]


class Outbox(Base):
    """A side effect, promised in the transaction that caused it, and delivered by any relay (docs/protocols.md#outbox)."""

    __tablename__ = "outbox"
    __table_args__ = (Index("outbox_open_idx", "next_try_at", postgresql_where=text("delivered_at is null")),)

    id: Mapped[Id]
    client_id: Mapped[ClientId | None]  # none for staff
    kind: Mapped[str]  # start_packet | password_changed | client_alarm | reply_answer | reply_forward
    unique_key: Mapped[str] = mapped_column(unique=True)
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[Now]
    next_try_at: Mapped[Now]
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    last_error: Mapped[str | None]
    delivered_at: Mapped[datetime | None]  # or given up; last_error then says why


class ErrandMark(Base):
    """When an errand of `pulse` was last started: proof that Airflow really runs tasks."""

    __tablename__ = "errand_mark"

    name: Mapped[str] = mapped_column(primary_key=True)
    begun_at: Mapped[Now]
