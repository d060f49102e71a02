"""The prices that apply to a client today."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Row

from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

OTHER_COUNTRIES = "*"
FORWARD = "forward"  # the unit of what a forwarded reply costs


@dataclass(frozen=True)
class Prices:
    """The prices of one version of a price list. `rows` have channel, country, unit (segment or message) and price_minor.

    `forwards` is what a forwarded reply costs, by the way in which it is forwarded; a way without a price is free.
    """

    list_id: UUID
    currency: str
    rows: Sequence[Row[Any]]
    forwards: Mapping[str, int]

    @classmethod
    def today(cls, uow: UnitOfWork, client_id: UUID) -> Self | None:
        """Those of the client, else of the platform; None if nothing costs anything."""
        rows = uow.all(sql("billing/prices"), {"client_id": client_id})
        if not rows:
            return None
        messages = [row for row in rows if row.unit != FORWARD]
        forwards = {row.channel: row.price_minor for row in rows if row.unit == FORWARD}
        return cls(rows[0].list_id, rows[0].currency, messages, forwards)

    @property
    def channels(self) -> frozenset[str]:
        """The channels that have a price for every country."""
        return frozenset(row.channel for row in self.rows if row.country == OTHER_COUNTRIES)

    @property
    def columns(self) -> dict[str, list[Any]]:
        """The parameters of sql/steps/assemble/prices."""
        return {
            "price_channels": [row.channel for row in self.rows],
            "price_countries": [row.country for row in self.rows],
            "price_units": [row.unit for row in self.rows],
            "prices_minor": [row.price_minor for row in self.rows],
        }
