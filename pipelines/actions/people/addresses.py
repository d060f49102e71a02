"""Reads an address that somebody typed, exactly as a cell of a file is read."""

from uuid import UUID

from sqlalchemy import Engine, select

from pipelines.channels import channels
from pipelines.cleaning.registry import value_rules
from pipelines.cleaning.rule import Cleaned, Setting
from pipelines.consent.suppression import ALL_CHANNELS
from pipelines.errors import PacketboatError
from pipelines.store.unit_of_work import UnitOfWork
from pipelines.tables.clients import Client


class AddressUnusable(PacketboatError):
    """What was typed is not an address of the channel."""


def setting_of(engine: Engine, client_id: UUID) -> Setting:
    """The client's region and language, by which its files are read."""
    with UnitOfWork(engine, client_id) as uow:
        row = uow.one(select(Client.region, Client.language, Client.time_zone).where(Client.id == client_id))
    return Setting(row.region, row.language, row.time_zone)


def read_address(channel: str, typed: str, setting: Setting) -> str:
    """The address as the pipeline uses it: E.164, or an e-mail address. Raises AddressUnusable.

    On ALL_CHANNELS, an @ makes it an e-mail address.
    """
    if channel == ALL_CHANNELS:
        field = "email" if "@" in typed else "phone"
    elif channel in channels():
        field = channels()[channel].address
    else:
        raise AddressUnusable("address_unknown_channel", channel=channel, known=[*channels()])
    clean = value_rules()[field].clean
    cleaned = clean(typed, setting) if clean and typed.strip() else Cleaned(None)
    if not isinstance(cleaned, Cleaned) or cleaned.value is None:
        raise AddressUnusable("address_unusable", channel=channel)
    return cleaned.value
