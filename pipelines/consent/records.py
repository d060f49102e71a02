"""Consent: what people agreed to, with the evidence. Records are only ever added, each chained to the one before it (B: proof)."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from pipelines.consent.suppression import lift_by_consent, suppress
from pipelines.domain.suppression import Reason
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

MARKETING = "marketing"


@dataclass(frozen=True, slots=True)
class Consent:
    """Something that a person agreed to, or took back (`given` is false).

    `text_shown` is what the person read, in its `text_version`; `source` is the URL of the form, the file and its row, or the keyword;
    `person` and `ip` are known only sometimes. `given_at` is in UTC.
    """

    channel: str
    address: str
    given: bool
    text_shown: str
    text_version: str
    source: str
    given_at: datetime
    purpose: str = MARKETING
    person: str | None = None
    ip: str | None = None


def record(uow: UnitOfWork, client_id: UUID, consent: Consent) -> int:
    """Add a record. Returns its number. Taking marketing consent back suppresses the address, agreeing anew lifts an earlier opt-out from this channel.

    The caller commits.
    """
    number: int = uow.scalar(sql("consent/record"), asdict(consent) | {"client_id": client_id})
    if consent.purpose == MARKETING and not consent.given:
        suppress(uow, client_id, consent.channel, consent.address, Reason.OPTED_OUT, "consent withdrawn")
    elif consent.purpose == MARKETING:
        lift_by_consent(uow, client_id, consent.channel, consent.address, consent.given_at)
    return number


def broken_records(uow: UnitOfWork, client_id: UUID) -> list[int]:
    """The numbers of the records that do not match their proofs: they were changed, or one before them is missing."""
    return [row.number for row in uow.all(sql("consent/broken_records"), {"client_id": client_id})]
