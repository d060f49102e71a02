"""Records what a person agreed to."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import Engine

from pipelines.actions.people.addresses import read_address, setting_of
from pipelines.consent import records
from pipelines.consent.records import Consent
from pipelines.store.unit_of_work import UnitOfWork


def record_consent(engine: Engine, client_id: UUID, consent: Consent) -> int:
    """Add a record whose address somebody typed. Returns its number. Raises AddressUnusable."""
    address = read_address(consent.channel, consent.address, setting_of(engine, client_id))
    with UnitOfWork(engine, client_id) as uow:
        number = records.record(uow, client_id, replace(consent, address=address))
        uow.commit()
    return number
