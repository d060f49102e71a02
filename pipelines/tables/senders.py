"""The senders of messages."""

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.tables.base import Base, ClientId, Id, Now


class Sender(Base):
    """A number or address that a client's messages of one channel come from, and the provider that carries them.

    At most one sender per client and channel is active, and messages use that one.
    """

    __tablename__ = "sender"
    __table_args__ = (
        UniqueConstraint("client_id", "channel", "provider", "address"),
        Index(
            "sender_active_key",
            "client_id",
            "channel",
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
    created_at: Mapped[Now]
