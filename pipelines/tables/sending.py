"""How fast and how much may be sent, to which countries, and when a packet is expected to be out (docs/decisions/0029)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Double, ForeignKey, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.tables.base import Base, ClientId, Id, Now, same_client


class SendingLimit(Base):
    """A limit on what is sent per second or per day, in the provider's units: segments of text messages, otherwise messages.

    `scope` says what it limits (see LimitScope), `subject` which one. Without a client the limit holds for all clients together.
    """

    __tablename__ = "sending_limit"
    __table_args__ = (
        UniqueConstraint("scope", "subject", "client_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("per_second is not null or per_day is not null", name="some"),
        CheckConstraint("per_second > 0 and per_day > 0", name="positive"),
    )

    id: Mapped[Id]
    client_id: Mapped[UUID | None] = mapped_column(ForeignKey("client.id"))
    scope: Mapped[str]
    subject: Mapped[str]
    per_second: Mapped[float | None] = mapped_column(Double)
    per_day: Mapped[int | None] = mapped_column(BigInteger)
    changed_at: Mapped[Now]


class SendingBucket(Base):
    """What is left of a limit: the tokens of this second at `filled_at`, and the units `used` on `day` in the limit's time zone."""

    __tablename__ = "sending_bucket"
    __table_args__ = {"postgresql_with": {"fillfactor": 50}}  # noqa: RUF012 - SQLAlchemy's form

    key: Mapped[str] = mapped_column(primary_key=True)
    tokens: Mapped[float] = mapped_column(Double, server_default=text("0"))
    filled_at: Mapped[datetime] = mapped_column(server_default=text("'-infinity'"))
    day: Mapped[date | None]
    used: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class SendingShare(Base):
    """What is left of a packet's share of a limit. Until `hungry_until` it wants more than it got; `deadline` is that of its next message."""

    __tablename__ = "sending_share"
    __table_args__ = {"postgresql_with": {"fillfactor": 50}}  # noqa: RUF012 - SQLAlchemy's form

    key: Mapped[str] = mapped_column(primary_key=True)
    packet_id: Mapped[UUID] = mapped_column(primary_key=True)
    tokens: Mapped[float] = mapped_column(Double)
    filled_at: Mapped[datetime]
    hungry_until: Mapped[datetime]
    deadline: Mapped[datetime | None]


class ClientCountry(Base):
    """A country (ISO 3166) to which a client may send; `*` is every country, 001 the numbers of no country.

    A client without any row may send to its own region only.
    """

    __tablename__ = "client_country"
    __table_args__ = (CheckConstraint(r"country ~ '^([A-Z]{2}|001|\*)$'", name="form"),)

    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"), primary_key=True)
    country: Mapped[str] = mapped_column(primary_key=True)
    allowed_at: Mapped[Now]


class PacketForecast(Base):
    """When the packet is expected to be all out, how many messages will miss their deadline (`late`), and how many are `due`, by channel.

    The first forecast since its sending began is kept, with `done_at`, the moment at which the last call began: together they give its error.
    """

    __tablename__ = "packet_forecast"
    __table_args__ = (same_client("packet_id", "data_packet"),)

    packet_id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    made_at: Mapped[datetime]
    all_out_at: Mapped[datetime | None]
    messages: Mapped[int]
    late: Mapped[int]
    due: Mapped[dict[str, Any]]
    first_made_at: Mapped[datetime | None]
    first_all_out_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
