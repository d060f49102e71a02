"""What was erased, and the proof of it."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.tables.base import Base, ClientId, Id, Now, same_client


class PacketErasure(Base):
    """Personal data of a packet was erased: of all of it (`retention`), or of one person. Never changed."""

    __tablename__ = "packet_erasure"
    __table_args__ = (Index(None, "packet_id"), same_client("packet_id", "data_packet"))

    id: Mapped[Id]
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    packet_id: Mapped[UUID]
    kind: Mapped[str]  # retention | person
    retention_days: Mapped[int | None]
    rows: Mapped[int]
    messages: Mapped[int]
    erased_at: Mapped[Now]


class ErasedAddress(Base):
    """The keyed hash of an address that was erased from a packet: a search proves by it that the address is gone."""

    __tablename__ = "erased_address"
    __table_args__ = (Index("erased_address_address_hash_idx", "client_id", "address_hash"),)

    packet_id: Mapped[UUID] = mapped_column(primary_key=True)
    address_hash: Mapped[bytes] = mapped_column(primary_key=True)
    client_id: Mapped[ClientId]
