"""Clients and their portal users."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.tables.base import Base, ClientId, Id, Now


class Client(Base):
    """A business that uploads packets. `region` (ISO 3166), `language` (ISO 639) and `time_zone` (IANA) are its defaults."""

    __tablename__ = "client"
    __table_args__ = (CheckConstraint("credit_alarm_percent between 0 and 100", name="credit_alarm_percent"),)

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'active'"))  # active | suspended
    region: Mapped[str] = mapped_column(server_default=text("'US'"))
    language: Mapped[str] = mapped_column(server_default=text("'en'"))
    time_zone: Mapped[str] = mapped_column(server_default=text("'UTC'"))
    created_at: Mapped[Now]
    complaints_from: Mapped[datetime | None]  # earlier ones do not count: a person has let e-mails go on
    alarm_address: Mapped[str | None]  # to which alarms are sent by e-mail
    credit_alarm_percent: Mapped[int] = mapped_column(
        SmallInteger, server_default=text("20")
    )  # of the last payment; when less is left, people are told


class ClientMember(Base):
    """The client of a portal log-in. `user_id` is Flask-AppBuilder's, hence no foreign key."""

    __tablename__ = "client_member"

    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"), index=True)
    created_at: Mapped[Now]
