"""The senders of messages, and the breakers that keep lanes from using them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.tables.base import Base, ClientId, Id, Now


class Sender(Base):
    """A number or address that a client's messages of one channel come from, and the provider that carries them.

    Messages use the active sender with the lowest priority that no breaker holds back; the others are its fall-back.
    """

    __tablename__ = "sender"
    __table_args__ = (
        UniqueConstraint("client_id", "channel", "provider", "address"),
        Index(
            "sender_active_key",
            "client_id",
            "channel",
            "priority",
            unique=True,
            postgresql_where=text("state = 'active'"),
        ),
    )

    id: Mapped[Id]
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    channel: Mapped[str]
    provider: Mapped[str]
    address: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'active'"))  # active | paused
    priority: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    created_at: Mapped[Now]


class Breaker(Base):
    """Keeps every lane from calling a provider on a channel, or from using one sender there (docs/decisions/0028).

    `open`: nobody calls before `retry_at`. `half_open`: `holder`, a lane, makes one call at a time; `retry_at` is when another lane may take
    over. `closed`: everybody calls; `setbacks` are kept until a lane is at full speed again.
    """

    __tablename__ = "breaker"
    __table_args__ = (
        CheckConstraint("state in ('open', 'half_open', 'closed')", name="state"),
        UniqueConstraint("provider", "channel", "sender_id", postgresql_nulls_not_distinct=True),
    )

    id: Mapped[Id]
    provider: Mapped[str]
    channel: Mapped[str]
    sender_id: Mapped[UUID | None] = mapped_column(ForeignKey("sender.id"))  # null: the whole account
    state: Mapped[str]
    reason: Mapped[str]  # why it opened: one of PROVIDER_TROUBLE
    params: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    setbacks: Mapped[int]
    opened_at: Mapped[Now]
    retry_at: Mapped[datetime]
    holder: Mapped[UUID | None]
