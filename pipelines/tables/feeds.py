"""Campaigns with their versions and templates, and the feeds that bring in packets for them."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.tables.base import Base, ClientId, Id, Now, referred_to, same_client


class Campaign(Base):
    """What is sent to whom, when and how. New packets use the newest version."""

    __tablename__ = "campaign"
    __table_args__ = (UniqueConstraint("client_id", "slug"), referred_to())

    id: Mapped[Id]
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    slug: Mapped[str]
    name: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'active'"))  # draft | active | cancelled
    created_at: Mapped[Now]


class CampaignVersion(Base):
    """A campaign between two changes (R13). A version never changes; each packet is pinned to one.

    `details` follows `pipelines/domain/campaign.schema.json` (R14); `template_ids` are its texts, one per channel and language.
    """

    __tablename__ = "campaign_version"
    __table_args__ = (
        UniqueConstraint("campaign_id", "version"),
        referred_to(),
        same_client("campaign_id", "campaign"),
    )

    id: Mapped[Id]
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    campaign_id: Mapped[UUID]
    version: Mapped[int]
    details: Mapped[dict[str, Any]]
    template_ids: Mapped[list[UUID]]
    created_at: Mapped[Now]
    created_by: Mapped[str]


class Template(Base):
    """One version of one text. A version never changes: a new text is a new version."""

    __tablename__ = "template"
    __table_args__ = (
        UniqueConstraint("campaign_id", "channel", "language", "version"),
        same_client("campaign_id", "campaign"),
    )

    id: Mapped[Id]
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    campaign_id: Mapped[UUID]
    channel: Mapped[str]
    language: Mapped[str]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    subject: Mapped[str | None]
    body: Mapped[str]
    parts: Mapped[dict[str, Any] | None]  # texts of the channel's other parts, by name
    created_at: Mapped[Now]


class Feed(Base):
    """A client's standing source of packets for a campaign.

    `settings` may override the client's region, language and time_zone, name the encoding, and set the thresholds of the check.
    """

    __tablename__ = "feed"
    __table_args__ = (
        UniqueConstraint("campaign_id", "name"),
        referred_to(),
        same_client("campaign_id", "campaign"),
    )

    id: Mapped[Id]
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    campaign_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(server_default=text("'upload'"))
    settings: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[Now]


class LoadMap(Base):
    """The fields of a file's columns, remembered per feed and header (R7, B19). A version never changes."""

    __tablename__ = "load_map"
    __table_args__ = (UniqueConstraint("feed_id", "version"), referred_to(), same_client("feed_id", "feed"))

    id: Mapped[Id]
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    feed_id: Mapped[UUID]
    version: Mapped[int]
    fingerprint: Mapped[str]  # of the header
    mapping: Mapped[dict[str, Any]]
    reasons: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))  # why each column was chosen
    created_at: Mapped[Now]
