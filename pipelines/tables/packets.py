"""Data packets and the staging tables that hold their rows between the steps.

The bulk tables (millions of rows) have no foreign keys: a check per row would cost more than the row. They stay consistent because each
step replaces its own output in one transaction.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.states import Outcome
from pipelines.tables.base import Base, ClientId, Id, Now, referred_to, same_client
from pipelines.tables.field_columns import add_field_columns


class DataPacket(Base):
    """One uploaded file. `problem_*` is the sentence that says why it was refused or stopped."""

    __tablename__ = "data_packet"
    __table_args__ = (
        Index(None, "client_id", "received_at"),
        Index(
            "data_packet_moving_idx",
            "id",
            postgresql_where=text("state in ('received', 'preparing', 'sending')"),
        ),
        referred_to(),
        same_client("campaign_id", "campaign"),
        same_client("campaign_version_id", "campaign_version"),
        same_client("feed_id", "feed"),
        same_client("load_map_id", "load_map"),
    )

    id: Mapped[Id]
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    campaign_id: Mapped[UUID]
    campaign_version_id: Mapped[UUID]
    feed_id: Mapped[UUID]
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    state: Mapped[str] = mapped_column(server_default=text("'received'"))
    source: Mapped[str]  # portal | cli | api
    submitted_by: Mapped[str]
    file_name: Mapped[str]
    bytes: Mapped[int] = mapped_column(BigInteger)
    md5: Mapped[str]
    sha256: Mapped[str]
    header: Mapped[list[str] | None]
    dialect: Mapped[dict[str, Any] | None]  # kind, encoding, delimiter, sheet; determined at upload
    load_map_id: Mapped[UUID | None]
    run_id: Mapped[str | None]  # Airflow's
    problem_code: Mapped[str | None]
    problem_params: Mapped[dict[str, Any] | None]
    received_at: Mapped[Now]
    settled_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]  # since then it has no personal data


class PacketStep(Base):
    """The journal: one row per packet, step, lane and attempt (R3)."""

    __tablename__ = "packet_step"
    __table_args__ = (
        UniqueConstraint("packet_id", "step", "lane", "attempt"),
        Index(None, "client_id", "started_at"),
        Index("packet_step_running_idx", "packet_id", postgresql_where=text("state = 'running'")),
        same_client("packet_id", "data_packet"),
    )

    id: Mapped[Id]
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    packet_id: Mapped[UUID]
    step: Mapped[str]
    lane: Mapped[str] = mapped_column(server_default=text("''"))  # "sms lane 1" for dispatch, else empty
    attempt: Mapped[int]
    state: Mapped[str]
    run_id: Mapped[str | None]
    started_at: Mapped[Now]
    ended_at: Mapped[datetime | None]
    rows_expected: Mapped[int | None]  # for the progress bar
    rows_done: Mapped[int] = mapped_column(server_default=text("0"))
    rows_in: Mapped[int | None]
    rows_out: Mapped[int | None]
    rows_held: Mapped[int | None]
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    error_code: Mapped[str | None]
    error_params: Mapped[dict[str, Any] | None]
    note: Mapped[dict[str, Any] | None]  # a sentence: code and params


class DataPacketRow(Base):
    """A row of the file, verbatim: every row except blank ones, held or not. `line_no` is the physical line; the header is line 1."""

    __tablename__ = "data_packet_row"

    packet_id: Mapped[UUID] = mapped_column(primary_key=True)
    row_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    client_id: Mapped[ClientId]
    line_no: Mapped[int]
    cells: Mapped[list[str]]


class CleanRow(Base):
    """A usable row, typed, with a column for each field. Cells of other columns stay in `data_packet_row`.

    `can_text` is false for a landline, in regions whose numbers reveal that. `phone_country` is ISO 3166. `contact_at` is in UTC; `local_at` is the same moment in
    `time_zone`, YYYY-MM-DD HH:MM, or YYYY-MM-DD without a time. `changes` lists what cleaning changed, as `field:rule`; the value before is
    the cell, the value after is here.
    """

    __tablename__ = "clean_row"

    packet_id: Mapped[UUID] = mapped_column(primary_key=True)
    row_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    client_id: Mapped[ClientId]
    can_text: Mapped[bool | None]
    phone_country: Mapped[str | None]
    local_at: Mapped[str | None]
    time_zone: Mapped[str]
    changes: Mapped[list[str] | None]


add_field_columns(CleanRow)


class HeldRow(Base):
    """Why a row cannot be used: its line, the reason as a sentence's code and params, and the original value. Clients can download it."""

    __tablename__ = "held_row"
    __table_args__ = (Index(None, "packet_id", "row_no"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    packet_id: Mapped[UUID]
    row_no: Mapped[int]
    client_id: Mapped[ClientId]
    step: Mapped[str]
    line_no: Mapped[int]
    column_name: Mapped[str | None]
    code: Mapped[str]
    params: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    value: Mapped[str | None]
    held_at: Mapped[Now]


class QualityResult(Base):
    """The result of the feed's Great Expectations suite for a packet, summarised as JSON."""

    __tablename__ = "quality_result"
    __table_args__ = (same_client("packet_id", "data_packet"),)

    packet_id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    suite: Mapped[str]
    success: Mapped[bool]
    result: Mapped[dict[str, Any]]
    created_at: Mapped[Now]


class PacketTotal(Base):
    """A packet's rows by outcome (B6), written by settle. The database refuses totals that do not add up."""

    __tablename__ = "packet_total"
    __table_args__ = (
        CheckConstraint(f"rows_in = {' + '.join(Outcome)}", name="conservation"),
        same_client("packet_id", "data_packet"),
    )

    packet_id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    rows_in: Mapped[int]
    sent: Mapped[int]
    failed: Mapped[int]
    held: Mapped[int]
    suppressed: Mapped[int]
    expired: Mapped[int]
    cancelled: Mapped[int]
    waiting: Mapped[int]
    late: Mapped[int] = mapped_column(
        server_default=text("0")
    )  # rows with a message that expired, whatever their outcome
    updated_at: Mapped[Now]


class PacketWatch(Base):
    """What the periodic checks remember of a packet: how often it was started again, the last `idle_starts` times without progress (from
    `steps_done` and `ready` at the last start), and when it was last recounted.
    """

    __tablename__ = "packet_watch"
    __table_args__ = (same_client("packet_id", "data_packet"),)

    packet_id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    starts: Mapped[int] = mapped_column(server_default=text("0"))
    idle_starts: Mapped[int] = mapped_column(server_default=text("0"))
    steps_done: Mapped[int] = mapped_column(server_default=text("0"))
    ready: Mapped[int] = mapped_column(server_default=text("0"))
    started_at: Mapped[datetime | None]
    proved_at: Mapped[datetime | None]


class PacketAlarm(Base):
    """A problem of a packet that the periodic checks found and cannot fix. `cases` counts what `code` is about."""

    __tablename__ = "packet_alarm"
    __table_args__ = (same_client("packet_id", "data_packet"),)

    packet_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    cases: Mapped[int]
    raised_at: Mapped[Now]


class ChannelWait(Base):
    """Why the lanes of a channel of a packet wait, and until when (docs/decisions/0024).

    `since` is when the trouble with the provider began.
    """

    __tablename__ = "channel_wait"
    __table_args__ = (same_client("packet_id", "data_packet"),)

    packet_id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    client_id: Mapped[ClientId] = mapped_column(ForeignKey("client.id"))
    # due_later | limit_reached | over_limit | awaiting_credit | provider_busy | provider_down | provider_unclear | sender_refused | complaints
    code: Mapped[str]
    since: Mapped[Now]
    until: Mapped[datetime]
    due: Mapped[int | None]  # messages that become due then
