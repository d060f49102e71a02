"""The people who receive: who may not be written to, and why."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.tables.base import Base, ClientId, Id, Now


class Suppression(Base):
    """An address that this client may no longer reach on this channel (R47). An upload never removes one.

    `address` is E.164 for phones and lower case for e-mail, as `clean_row` holds it.
    """

    __tablename__ = "suppression"
    __table_args__ = (UniqueConstraint("client_id", "channel", "address"),)

    id: Mapped[Id]
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    channel: Mapped[str]
    address: Mapped[str]
    reason: Mapped[str]  # opted_out | complained | blocked
    source: Mapped[str]  # provider event, portal, file …
    created_at: Mapped[Now]
