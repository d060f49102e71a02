"""Everything that determines a packet's messages, before any row is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, String, column, literal, literal_column

from pipelines.billing.prices import Prices
from pipelines.channels.base import Channel
from pipelines.channels.wording.in_sql import MomentTexts
from pipelines.channels.wording.values import ROW_NAMES, tidy_in_sql
from pipelines.domain.campaign import Campaign
from pipelines.domain.fields import BY_NAME
from pipelines.steps.assemble.texts import CampaignText
from pipelines.steps.journal import PacketFacts

Values = Mapping[str, ColumnElement[Any]]


@dataclass(frozen=True)
class Plan:
    """`extras` are the numbers (from 1) of the file's columns that rules and texts use, by name.

    `moments` has, for each text, the packet's dates and times of day in the formats that it uses. `anybody_forgotten`: whether some
    suppressed address is known only by its hash. `time_zone` is that of the contacts. Without `prices` nothing costs anything.
    """

    packet: PacketFacts
    campaign: Campaign
    texts: Sequence[CampaignText]
    extras: Mapping[str, int]
    moments: Sequence[MomentTexts]
    anybody_forgotten: bool
    time_zone: str
    prices: Prices | None

    @property
    def channels(self) -> list[Channel]:
        """The channels that the campaign may send on, in the order of its rules."""
        by_name = {text.channel.name: text.channel for text in self.texts}
        return [by_name[name] for name in self.campaign.channels]

    @property
    def needs_hash(self) -> bool:
        """Whether the hashes of the addresses decide about any of them."""
        return self.anybody_forgotten or self.campaign.needs_consent

    @property
    def by_jinja(self) -> list[int]:
        """The places of the texts that SQL cannot fill."""
        return [place for place, text in enumerate(self.texts) if not text.text.is_plain]

    @property
    def columns(self) -> Values:
        """What fills the hole `values` of addressed.sql: each value that is not a column of that layer anyway."""
        fields = {f"value_{name}": _clean_row(name) for name in ROW_NAMES if name != "contact_at"}
        return fields | {f"cell_{number}": _cell(number) for number in self.extras.values()}

    @property
    def values(self) -> Values:
        """What rules and texts may use, as columns of the layers above. Prefixes keep these names apart from those in the file."""
        fields = {
            name: column("local_at" if name == "contact_at" else f"value_{name}", String)
            for name in ROW_NAMES
        }
        extras = {name: column(f"cell_{number}", String) for name, number in self.extras.items()}
        return {**fields, **extras, "client_name": literal(self.packet.client_name)}


def _clean_row(name: str) -> ColumnElement[Any]:
    return literal_column(BY_NAME[name].as_text, String)


def _cell(number: int) -> ColumnElement[str]:
    return tidy_in_sql(literal_column(f"file_row.cells[{number}]", String))
