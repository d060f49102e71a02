"""Takes on a client."""

import re
from dataclasses import asdict
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy import Engine

from pipelines.actions.find import client_by_slug
from pipelines.errors import NotFound, PacketboatError
from pipelines.providers.carriers import sandbox_senders
from pipelines.settings import Settings
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
REGION, LANGUAGE = re.compile(r"[A-Z]{2}"), re.compile(r"[a-z]{2,3}")


class ClientInvalid(PacketboatError):
    """Something of a new client cannot be used."""


def create_client(
    engine: Engine,
    settings: Settings,
    *,
    slug: str,
    name: str,
    region: str = "US",
    language: str = "en",
    time_zone: str = "UTC",
) -> UUID:
    """Make a client and return its id; one of this slug that is there already is returned as it is.

    A new client can send at once on every channel for which the sandbox stands in: it gets the sandbox's senders.

    `region` is ISO 3166, `language` ISO 639, `time_zone` IANA. Raises ClientInvalid, naming what is wrong.
    """
    _check(slug, name, region, language, time_zone)
    try:
        return client_by_slug(engine, slug)
    except NotFound:
        pass
    with UnitOfWork(engine, every_client=True) as uow:
        parameters = {
            "slug": slug,
            "name": name,
            "region": region,
            "language": language,
            "time_zone": time_zone,
        }
        made: UUID | None = uow.scalar(sql("actions/create_client"), parameters)
        if made is not None:
            for sender in sandbox_senders(settings):
                uow.execute(sql("actions/add_sender"), asdict(sender) | {"client_id": made})
        uow.commit()
    return made or client_by_slug(engine, slug)


def _check(slug: str, name: str, region: str, language: str, time_zone: str) -> None:
    if not SLUG.fullmatch(slug):
        raise ClientInvalid("client_slug_invalid")
    if not name.strip():
        raise ClientInvalid("client_name_missing")
    if not REGION.fullmatch(region):
        raise ClientInvalid("client_region_invalid")
    if not LANGUAGE.fullmatch(language):
        raise ClientInvalid("client_language_invalid")
    if time_zone not in available_timezones():
        raise ClientInvalid("client_time_zone_invalid")
