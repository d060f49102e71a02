"""Records what a person agreed to."""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import Engine

from pipelines.actions.people.addresses import read_address, setting_of
from pipelines.consent import records
from pipelines.consent.records import Consent
from pipelines.consent.suppression import stops_all
from pipelines.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Recorded:
    """The number of a record, and whether the person still refuses messages on all channels at once, which no consent to one lifts."""

    number: int
    stops_all: bool


def record_consent(engine: Engine, client_id: UUID, consent: Consent) -> Recorded:
    """Add a record whose address somebody typed. Raises AddressUnusable."""
    address = read_address(consent.channel, consent.address, setting_of(engine, client_id))
    with UnitOfWork(engine, client_id) as uow:
        number = records.record(uow, client_id, replace(consent, address=address))
        still = stops_all(uow, client_id, address)
        uow.commit()
    return Recorded(number, still)
