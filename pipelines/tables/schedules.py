"""When the messages of a packet may go out."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.tables.base import Base, ClientId


class SendWindow(Base):
    """When the messages of a packet may go out to people in one place: the spans in which `opens` and `closes` run in parallel.

    See pipelines/schedule/places.py for `place`; `zones` are those that it may be in. Bulk: no foreign keys.
    """

    __tablename__ = "send_window"
    __table_args__ = (UniqueConstraint("packet_id", "window_no"),)

    packet_id: Mapped[UUID] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)
    client_id: Mapped[ClientId]
    window_no: Mapped[int]
    zones: Mapped[list[str]]
    opens: Mapped[list[datetime]] = mapped_column(ARRAY(DateTime(timezone=True)))
    closes: Mapped[list[datetime]] = mapped_column(ARRAY(DateTime(timezone=True)))
