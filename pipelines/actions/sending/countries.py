"""Allows and denies the countries to which a client may send (R37): at first its own region alone."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Engine

from pipelines.cleaning.phone import REGIONS
from pipelines.errors import NotFound, PacketboatError
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

ANY_COUNTRY = "*"
NO_COUNTRY = "001"  # numbers that belong to no country, such as those of satellites


class CountryInvalid(PacketboatError):
    """There is no such country, or the client could send nowhere."""


def allow_countries(engine: Engine, client_id: UUID, countries: Collection[str]) -> None:
    """Let the client send to these countries (ISO 3166), or with ANY_COUNTRY to all. Packets that are assembled later follow it."""
    _check(countries)
    _change(engine, "actions/sending/allow_countries", client_id, countries)


def deny_countries(engine: Engine, client_id: UUID, countries: Collection[str]) -> None:
    """Let the client send no longer to these countries. Raises CountryInvalid if none would be left."""
    _check(countries)
    _change(engine, "actions/sending/deny_countries", client_id, countries)


def _change(engine: Engine, statement: str, client_id: UUID, countries: Collection[str]) -> None:
    values = {"client_id": client_id, "countries": sorted(countries)}
    with UnitOfWork(engine, client_id) as uow:
        if uow.scalar(sql("actions/lock_client"), values) is None:
            raise NotFound("no_such_client", client=str(client_id))
        uow.execute(sql(statement), values)
        if not uow.scalar(sql("actions/sending/countries_left"), values):
            raise CountryInvalid("country_last")
        uow.commit()


def _check(countries: Collection[str]) -> None:
    unknown = [country for country in countries if country not in {*REGIONS, ANY_COUNTRY, NO_COUNTRY}]
    if unknown:
        raise CountryInvalid("country_unknown", countries=unknown)
