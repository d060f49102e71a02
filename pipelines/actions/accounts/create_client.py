"""Creates a client."""

import re
from dataclasses import asdict
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy import Engine

from pipelines.actions.accounts.find import client_by_slug
from pipelines.cleaning.languages import known_languages
from pipelines.cleaning.phone import REGIONS
from pipelines.errors import NotFound, PacketboatError
from pipelines.providers.carriers import sandbox_senders
from pipelines.settings import Settings
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class ClientInvalid(PacketboatError):
    """A property of a new client is invalid."""


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
    """Create a client and return its id. An existing client with this slug is returned unchanged.

    A new client gets the sandbox's senders, so it can send at once on every channel that the sandbox simulates.

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
        created: UUID | None = uow.scalar(sql("actions/create_client"), parameters)
        if created is not None:
            for sender in sandbox_senders(settings):
                uow.execute(
                    sql("actions/add_sender"), asdict(sender) | {"client_id": created, "fallback": False}
                )
        uow.commit()
    return created or client_by_slug(engine, slug)


def _check(slug: str, name: str, region: str, language: str, time_zone: str) -> None:
    if not SLUG.fullmatch(slug):
        raise ClientInvalid("client_slug_invalid")
    if not name.strip():
        raise ClientInvalid("client_name_missing")
    if region not in REGIONS:
        raise ClientInvalid("client_region_invalid")
    if language not in known_languages():
        raise ClientInvalid("client_language_invalid")
    if time_zone not in available_timezones():
        raise ClientInvalid("client_time_zone_invalid")
