"""Which account at each provider is in use, and since when: the list of another proves nothing about a call."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Engine

from pipelines.errors import SettingsError
from pipelines.providers.carriers import carriers
from pipelines.settings import Settings
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

ALWAYS = float("-inf")
CHANGEOVER = timedelta(
    hours=6
)  # as long as a lane may run with the account that it began with (dags/packet.py)


def accounts_since(engine: Engine, settings: Settings, secrets: Mapping[str, str]) -> dict[str, float]:
    """Since when every lane uses the account of each provider, in seconds since 1970; ALWAYS if there never was another. Notes a change."""
    since: dict[str, float] = {}
    with UnitOfWork(engine, every_client=True) as uow:
        for name, carrier in sorted(carriers().items()):
            key = carrier.account.identified_by
            try:
                identity = key and carrier.account.sign_in(settings, secrets)[key]
            except SettingsError:
                continue  # its list cannot be read either
            if identity:
                noted = {"account": carrier.account.name, "identity": identity}
                since[name] = uow.scalar(sql("actions/reconcile/account"), noted) + CHANGEOVER.total_seconds()
        uow.commit()
    return since
