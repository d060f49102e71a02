"""Pauses, which stop sending, and the row that tells this database from a restored copy of it (docs/decisions/0027)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Computed, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import OID
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.tables.base import Base, Id, Now, same_client

SUBJECT = "coalesce(packet_id, campaign_id, client_id, '00000000-0000-0000-0000-000000000000')"
SCOPE = (
    "case when packet_id is not null then 'packet' when campaign_id is not null then 'campaign'"
    " when client_id is not null then 'client' else 'platform' end"
)


class Pause(Base):
    """Why nothing of a packet, of a campaign, of a client or of the whole platform is sent. `code` and `params` are a sentence.

    `final` marks the pause of a cancelled packet: it never ends. Rows are kept when they end.
    """

    __tablename__ = "pause"
    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(packet_id, campaign_id) <= case when client_id is null then 0 else 1 end",
            "one_subject",
        ),
        CheckConstraint("not final or packet_id is not null and ended_at is null", "final"),
        CheckConstraint("(ended_by is null) = (ended_at is null)", "ended"),
        Index("pause_open_key", "subject", unique=True, postgresql_where=text("ended_at is null")),
        same_client("campaign_id", "campaign"),
        same_client("packet_id", "data_packet"),
    )

    id: Mapped[Id]
    client_id: Mapped[UUID | None] = mapped_column(ForeignKey("client.id"))
    campaign_id: Mapped[UUID | None]
    packet_id: Mapped[UUID | None]
    subject: Mapped[UUID] = mapped_column(Computed(SUBJECT, persisted=True))
    scope: Mapped[str] = mapped_column(
        Computed(SCOPE, persisted=True)
    )  # packet | campaign | client | platform
    code: Mapped[str]
    params: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    final: Mapped[bool] = mapped_column(server_default=text("false"))
    begun_by: Mapped[str]
    begun_at: Mapped[Now]
    ended_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]


class Epoch(Base):
    """The only row tells this database from a restored copy; see the migration and `pipelines/store/epoch.py`."""

    __tablename__ = "epoch"
    __table_args__ = (CheckConstraint("one", "one"),)

    one: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    table_oid: Mapped[int] = mapped_column(OID)
    beat: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    beat_at: Mapped[Now]
