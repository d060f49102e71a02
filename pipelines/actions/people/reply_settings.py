"""How a client hears of replies: where they are forwarded to, how many in a day, and what people who ask for help are told."""

from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import Engine

from pipelines.channels import channels
from pipelines.cleaning.registry import value_rules
from pipelines.cleaning.rule import Cleaned, Setting
from pipelines.errors import SettingsError
from pipelines.providers.http.outward import Refused, check
from pipelines.settings import Settings
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

_NO_REGION = Setting(region="ZZ", language="en", time_zone="UTC")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Changes of the settings. None leaves a value as it is; `forward_by` "" ends forwarding."""

    contact: str | None = None
    forward_by: str | None = None
    forward_to: str | None = None
    daily_cap: int | None = None


@dataclass(frozen=True, slots=True)
class ReplySettings:
    """The settings as they are. `key` is that of the client's webhook, if it is asked for."""

    contact: str | None
    forward_by: str | None
    forward_to: str | None
    daily_cap: int
    key: str | None = None


def set_reply_settings(engine: Engine, settings: Settings, client_id: UUID, wanted: Wanted) -> ReplySettings:
    """Change what is wanted and return the result. Raises SettingsError for a destination that cannot be used."""
    if wanted.forward_by and not _usable(wanted, allow_loopback=settings.webhooks_to_this_machine):
        raise SettingsError("reply_destination_wrong", way=wanted.forward_by)
    with UnitOfWork(engine, client_id) as uow:
        row = uow.one(sql("replies/set_setting"), asdict(wanted) | {"client_id": client_id})
        uow.commit()
    return ReplySettings(row.contact, row.forward_by, row.forward_to, row.daily_cap)


def _usable(wanted: Wanted, *, allow_loopback: bool) -> bool:
    if not wanted.forward_to:
        return False
    if wanted.forward_by == "webhook":
        try:
            check(wanted.forward_to, allow_loopback=allow_loopback)
        except Refused:
            return False
        return True
    clean = value_rules()[channels()[str(wanted.forward_by)].address].clean
    cleaned = clean(wanted.forward_to, _NO_REGION) if clean else None
    return isinstance(cleaned, Cleaned) and cleaned.value == wanted.forward_to
