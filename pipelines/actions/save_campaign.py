"""Saves a campaign: a new one, or the next version of one that is there. Packets keep the version that they came in with."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

import structlog
from sqlalchemy import Engine

from pipelines.actions.check_campaign import campaign_mistakes
from pipelines.domain.campaign import CampaignInvalid
from pipelines.domain.campaign_document import CampaignDocument, Change, Text, changes
from pipelines.domain.campaign_mistakes import Mistake
from pipelines.language import Sentence
from pipelines.reports.campaign import CurrentCampaign, StoredText
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

FIRST_FEED = "upload"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Saved:
    """The campaign, its newest version, and what differs from the version before: nothing when it said the same already."""

    campaign_id: UUID
    version: int
    changes: tuple[Change, ...]


def save_campaign(
    engine: Engine, client_id: UUID, document: CampaignDocument, *, by: str, only_new: bool = False
) -> Saved:
    """Keep what a campaign says from now on; `by` is who says so.

    A document that changes nothing makes no version. Raises CampaignInvalid with everything that is wrong: the details against their
    schema, a text that cannot be used or names what the campaign does not declare, a channel that a rule sends on without a text; with
    `only_new` also a campaign of this slug that is there already.
    """
    if wrong := campaign_mistakes(document.as_json()):
        raise CampaignInvalid(wrong)
    with UnitOfWork(engine, client_id) as uow:
        campaign_id = _take(uow, client_id, document, only_new=only_new)
        now = CurrentCampaign.read(uow, client_id, document.slug)
        found = tuple(changes(now.document.as_json() if now else {}, document.as_json()))
        if now and not found:
            return Saved(campaign_id, now.version, ())
        uow.execute(sql("actions/save_campaign/rename"), {"campaign_id": campaign_id, "name": document.name})
        if now and all(change.path == ("name",) for change in found):
            version = now.version
        else:
            version = _next_version(uow, client_id, campaign_id, document, now, by)
        uow.commit()
    log.info("campaign_saved", campaign_id=str(campaign_id), version=version)
    return Saved(campaign_id, version, found)


def _take(uow: UnitOfWork, client_id: UUID, document: CampaignDocument, *, only_new: bool) -> UUID:
    """The campaign, locked; with its first feed when it was made just now."""
    named = {"client_id": client_id, "slug": document.slug}
    made = uow.scalar(sql("actions/save_campaign/create"), named | {"name": document.name})
    if made is None and only_new:
        exists = Sentence("campaign_exists", {"campaign": document.slug})
        raise CampaignInvalid([Mistake(exists, ("campaign",))])
    if made is not None:
        feed = {"client_id": client_id, "campaign_id": made, "feed": FIRST_FEED}
        uow.execute(sql("actions/ensure_feed"), feed)
    campaign_id: UUID = uow.scalar(sql("actions/save_campaign/lock"), named)
    return campaign_id


def _next_version(
    uow: UnitOfWork,
    client_id: UUID,
    campaign_id: UUID,
    document: CampaignDocument,
    now: CurrentCampaign | None,
    by: str,
) -> int:
    """Write the version, and a version of each text that is new or differs. A text that is the same stays what it is."""
    ids = {"client_id": client_id, "campaign_id": campaign_id}
    template_ids = [_template_id(uow, ids, text, now.texts if now else ()) for text in document.texts]
    said = {"details": json.dumps(document.details), "template_ids": template_ids, "created_by": by}
    version: int = uow.scalar(sql("actions/save_campaign/version"), ids | said)
    return version


def _template_id(uow: UnitOfWork, ids: dict[str, UUID], text: Text, known: Sequence[StoredText]) -> UUID:
    """The id of the text as it is kept, else of its next version."""
    kept = next((one.id for one in known if one.text == text), None)
    said = asdict(text) | {"parts": json.dumps(text.parts) if text.parts else None}
    written: UUID = kept or uow.scalar(sql("actions/save_campaign/text"), ids | said)
    return written
