"""Imports a price list. Each import adds a version; packets keep the version that priced them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Row

from pipelines.billing.prices import FORWARD, OTHER_COUNTRIES
from pipelines.channels import channels
from pipelines.cleaning.phone import REGIONS
from pipelines.domain.money import is_currency
from pipelines.domain.replies import WAYS
from pipelines.errors import PacketboatError
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

UNITS = ("segment", "message", FORWARD)


class PricesInvalid(PacketboatError):
    """A price list cannot be used."""


@dataclass(frozen=True, slots=True)
class PriceLine:
    """What a segment or a message costs from a day on, in minor units. `country` is ISO 3166, or `*` for every other one.

    Per `forward`, it is what a reply costs that is forwarded to the client: `channel` is one of WAYS, `country` is `*`.
    """

    valid_from: date
    channel: str
    country: str
    unit: str
    price_minor: int


def import_prices(
    engine: Engine, *, client_id: UUID | None, currency: str, lines: Sequence[PriceLine], by: str
) -> Row[Any]:
    """Add a version of the list of a client, or of the platform (None), which applies to every client without its own.

    Returns its `id` and `version`. Raises PricesInvalid with the first thing that is wrong.
    """
    _check(currency, lines)
    with UnitOfWork(engine, every_client=True) as uow:
        created = uow.one(
            sql("billing/next_list"), {"client_id": client_id, "currency": currency, "imported_by": by}
        )
        uow.execute(
            sql("billing/add_prices"),
            {
                "list_id": created.id,
                "client_id": client_id,
                "days": [line.valid_from for line in lines],
                "channels": [line.channel for line in lines],
                "countries": [line.country for line in lines],
                "units": [line.unit for line in lines],
                "prices_minor": [line.price_minor for line in lines],
            },
        )
        uow.commit()
    return created


def _check(currency: str, lines: Sequence[PriceLine]) -> None:
    if not is_currency(currency):
        raise PricesInvalid("prices_unknown_currency", currency=currency)
    if not lines:
        raise PricesInvalid("prices_empty")
    for line in lines:
        _check_line(line)
    days = Counter((line.channel, line.country, line.valid_from, line.unit == FORWARD) for line in lines)
    for (channel, country, *_), times in days.items():
        if times > 1:
            raise PricesInvalid("prices_twice", channel=channel, country=country)
    messages = [line for line in lines if line.unit != FORWARD]
    for channel in sorted({line.channel for line in messages}):
        _check_others(channel, [line for line in messages if line.channel == channel])


def _check_others(channel: str, lines: Sequence[PriceLine]) -> None:
    """Demand a price for every other country as soon as there is any: without one, messages would cost nothing."""
    days = [line.valid_from for line in lines if line.country == OTHER_COUNTRIES]
    if not days:
        raise PricesInvalid("prices_without_others", channel=channel)
    first = min(line.valid_from for line in lines)
    if min(days) > first:
        raise PricesInvalid("prices_others_late", channel=channel, day=first.isoformat())


def _check_line(line: PriceLine) -> None:
    if line.unit == FORWARD:
        _check_forward(line)
    elif line.channel not in channels():
        raise PricesInvalid("prices_unknown_channel", channel=line.channel, known=sorted(channels()))
    if line.country != OTHER_COUNTRIES and line.country not in REGIONS:
        raise PricesInvalid("prices_unknown_country", country=line.country)
    if line.unit not in UNITS:
        raise PricesInvalid("prices_unknown_unit", unit=line.unit, known=list(UNITS))
    if line.price_minor < 0:
        raise PricesInvalid("prices_negative", channel=line.channel, country=line.country)


def _check_forward(line: PriceLine) -> None:
    if line.channel not in WAYS:
        raise PricesInvalid("prices_unknown_way", way=line.channel, known=list(WAYS))
    if line.country != OTHER_COUNTRIES:
        raise PricesInvalid("prices_forward_country", way=line.channel)
