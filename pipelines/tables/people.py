"""Recipients: addresses that may not receive messages, and why."""

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.tables.base import Base, ClientId, Id, Now


class Suppression(Base):
    """An address that this client may no longer use on this channel (R47). An upload never removes one.

    `address` is in the form in which addresses are compared (`comparable_address` in migration 0015): E.164 for phones; case-folded for
    e-mail, with the domain in ASCII.
    """

    __tablename__ = "suppression"
    __table_args__ = (
        UniqueConstraint("client_id", "channel", "address"),
        CheckConstraint("address = comparable_address(address)", name="comparable"),
    )

    id: Mapped[Id]
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    channel: Mapped[str]
    address: Mapped[str]
    reason: Mapped[str]  # opted_out | complained | blocked
    source: Mapped[str]  # provider event, portal, file …
    created_at: Mapped[Now]
