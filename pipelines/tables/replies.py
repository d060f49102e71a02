"""What people answer to messages, how each client wants to hear of it, and what the providers' hooks refused."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.tables.base import Base, ClientId, Id, Now, same_client


class Reply(Base):
    """An answer from a person, stored before it is processed. Until then `outcome` is null, and nobody knows whose it is.

    `outcome` is matched (to one message), unmatched (no message, or no client either) or ambiguous (messages of two clients fit; no client
    sees it). `to_addresses` are ours: the number, and the pool it belongs to. `unsure`: a person has to read it.
    """

    __tablename__ = "reply"
    __table_args__ = (
        Index("reply_open_idx", "id", postgresql_where=text("outcome is null")),
        Index(None, "client_id", "id"),
        Index(None, "client_id", "forwarded_at"),
        Index(None, "client_id", "from_address", "kind"),
        Index("reply_fee_idx", "client_id", postgresql_where=text("fee_minor <> 0")),
        CheckConstraint(
            "fee_minor >= 0 and (fee_minor = 0 or forwarding = 'delivered' and fee_currency is not null)",
            name="fee",
        ),
        Index("reply_packet_idx", "packet_id", postgresql_where=text("packet_id is not null")),
        same_client("packet_id", "data_packet"),
    )

    id: Mapped[Id]
    client_id: Mapped[ClientId | None] = mapped_column(ForeignKey("client.id"))
    provider: Mapped[str]
    unique_key: Mapped[str] = mapped_column(unique=True)
    channel: Mapped[str]
    to_addresses: Mapped[list[str]]
    from_address: Mapped[str]
    subject: Mapped[str | None]
    body: Mapped[str]
    thread: Mapped[list[str]]  # references of the messages that an e-mail answers
    automatic: Mapped[bool]  # by its headers
    raw: Mapped[dict[str, Any]]
    received_at: Mapped[Now]
    kind: Mapped[str | None]  # pipelines.domain.replies.Kind
    meant: Mapped[str | None]  # what a misspelt word probably means
    unsure: Mapped[bool] = mapped_column(server_default=text("false"))
    outcome: Mapped[str | None]
    next_try_at: Mapped[datetime | None]  # it could not be processed, and is tried again then
    problem: Mapped[str | None]  # why
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    suppressed: Mapped[bool] = mapped_column(
        server_default=text("false")
    )  # or lifted: its wish has taken effect
    sender_id: Mapped[UUID | None]
    packet_id: Mapped[UUID | None]
    row_no: Mapped[int | None]
    message_id: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]  # when an answer was promised
    forwarding: Mapped[str | None]  # promised | delivered | capped | failed
    forwarded_at: Mapped[datetime | None]  # when it was promised, then when it was delivered
    fee_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))  # for forwarding it
    fee_currency: Mapped[str | None]
    handled_at: Mapped[datetime | None]
    handled_by: Mapped[str | None]


class ReplySetting(Base):
    """How a client hears of replies, and what a person who asks for help is told. Without a row, replies are shown and not forwarded."""

    __tablename__ = "reply_setting"
    __table_args__ = (
        CheckConstraint("(forward_by is null) = (forward_to is null)", name="whole"),
        CheckConstraint("daily_cap >= 0", name="cap"),
    )

    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id"), primary_key=True)
    contact: Mapped[str | None]  # a phone number or an address that may be told to anybody who asks
    forward_by: Mapped[str | None]  # email | sms | webhook
    forward_to: Mapped[str | None]
    daily_cap: Mapped[int] = mapped_column(server_default=text("200"))
    changed_at: Mapped[Now]


class HookRefusal(Base):
    """How often a provider's hook refused a call on a day (UTC), or knew it already, by reason."""

    __tablename__ = "hook_refusal"

    day: Mapped[date] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(
        primary_key=True
    )  # forged | unreadable | too_long | cut_off | signature_reused | repeated | contradicting
    refused: Mapped[int] = mapped_column(BigInteger)
