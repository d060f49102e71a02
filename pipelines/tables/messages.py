"""Messages, the attempts to send them, and the provider calls that carried them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Computed, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.tables.base import Base, ClientId, Id, Now


class MessageSeries(Base):
    """The ids of a packet's messages, per step of the schedule and channel, are made from its series and the number of the row (D2).

    So a row's message has only one possible id, and the primary key accepts it once. A series is never deleted: a message of an archived
    month cannot be made again, because its id belongs to a partition that is gone.
    """

    __tablename__ = "message_series"

    packet_id: Mapped[UUID] = mapped_column(primary_key=True)
    step_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    channel: Mapped[str] = mapped_column(primary_key=True)
    client_id: Mapped[ClientId]
    series: Mapped[UUID] = mapped_column(server_default=text("uuidv7()"))


class Message(Base):
    """One message to one person, as it will be sent. Partitioned by month on `id`, whose UUIDv7 carries the time.

    The claim index omits `state` on purpose: then state changes touch no index, and a lane walks forward by deadline and row.
    """

    __tablename__ = "message"
    __table_args__ = (
        Index("message_claim_idx", "packet_id", "channel", "expires_at", "row_no"),
        Index("message_address_lookup_idx", "address_lookup"),
        CheckConstraint("expires_at < 'infinity'", name="expires_at"),
        {"postgresql_partition_by": "RANGE (id)"},
    )

    id: Mapped[Id]
    client_id: Mapped[ClientId]
    packet_id: Mapped[UUID]
    row_no: Mapped[int]
    step_no: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    channel: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'ready'"))
    address: Mapped[str]
    country: Mapped[str | None]  # of a phone number, ISO 3166
    language: Mapped[str]
    template_id: Mapped[UUID | None]
    rule: Mapped[str]  # the campaign's rule that chose the channel (B8)
    subject: Mapped[str | None]
    body: Mapped[str]
    parts: Mapped[dict[str, Any] | None]  # texts of the channel's other parts, by name
    segments: Mapped[int | None] = mapped_column(SmallInteger)  # as we counted them
    encoding: Mapped[str | None]  # GSM-7 | UCS-2, for text messages
    price_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))  # frozen at assembly
    segment_price_minor: Mapped[int | None] = mapped_column(BigInteger)  # of one segment, if charged by it
    billed_segments: Mapped[int | None] = mapped_column(SmallInteger)  # as the provider counted them
    not_before: Mapped[datetime] = mapped_column(server_default=text("'-infinity'"))
    # Every message has an end (B9), which assembly computes.
    expires_at: Mapped[datetime] = mapped_column(server_default=text("now() + interval '3 days'"))
    closes_at: Mapped[datetime] = mapped_column(server_default=text("'infinity'"))  # the end of its span
    window_no: Mapped[int | None]  # the send_window that it may go out in; null for one that is always open
    attempt_no: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    failed_attempt_no: Mapped[int | None] = mapped_column(SmallInteger)  # failed, and another one followed
    event_rank: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    error_code: Mapped[str | None]
    state_at: Mapped[Now]
    address_lookup: Mapped[int | None] = mapped_column(
        Computed("hashtext(comparable_address(address))", persisted=True)
    )


class ProviderCall(Base):
    """One HTTP call to a provider, written before it is made. While it is `sending`, `owner` and `lease_until` fence it.

    `begun_at` is null while the call is only claimed: the provider cannot have it then.
    """

    __tablename__ = "provider_call"
    __table_args__ = (
        Index("provider_call_packet_id_idx", "packet_id"),
        Index("provider_call_unknown_idx", "packet_id", postgresql_where=text("state = 'unknown'")),
        Index("provider_call_lease_idx", "lease_until", postgresql_where=text("state = 'sending'")),
        Index(
            "provider_call_provider_ref_idx",
            "provider",
            "provider_ref",
            postgresql_where=text("provider_ref is not null"),
        ),
    )

    id: Mapped[Id]
    client_id: Mapped[ClientId]
    packet_id: Mapped[UUID]
    provider: Mapped[str]
    channel: Mapped[str]
    sender_id: Mapped[
        UUID | None
    ]  # no foreign key: calls are inserted in bulk; null for calls older than this column
    messages: Mapped[int]
    state: Mapped[str] = mapped_column(server_default=text("'sending'"))
    owner: Mapped[UUID]
    lease_until: Mapped[datetime]
    provider_ref: Mapped[str | None]
    http_status: Mapped[int | None] = mapped_column(SmallInteger)
    error_code: Mapped[str | None]
    claimed_at: Mapped[Now]
    begun_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime | None]


class Attempt(Base):
    """One try to send one message; its id travels to the provider and comes back in the callbacks."""

    __tablename__ = "attempt"
    __table_args__ = (UniqueConstraint("message_id", "attempt_no"), Index("attempt_call_id_idx", "call_id"))

    id: Mapped[Id]
    client_id: Mapped[ClientId]
    message_id: Mapped[UUID]
    attempt_no: Mapped[int] = mapped_column(SmallInteger)
    call_id: Mapped[UUID]
