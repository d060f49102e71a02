"""Saves a campaign: a new one, or the next version of an existing one. Packets keep the version that they came in with."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine, select

from pipelines.actions.campaigns.check_campaign import campaign_mistakes
from pipelines.domain.campaign import CampaignInvalid
from pipelines.domain.campaign_document import CampaignDocument, Change, Text, changes
from pipelines.domain.campaign_mistakes import Mistake
from pipelines.domain.schedule import Schedule
from pipelines.feeds import FIRST_FEED
from pipelines.reports.campaign import CurrentCampaign, StoredText
from pipelines.schedule.start import past_start
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from pipelines.tables.clients import Client

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Saved:
    """The campaign, its newest version, and the changes since the version before; none when nothing changed."""

    campaign_id: UUID
    version: int
    changes: tuple[Change, ...]


def save_campaign(engine: Engine, client_id: UUID, document: CampaignDocument, *, by: str) -> Saved:
    """Save a campaign. `by` is the person who saves it.

    A document that changes nothing creates no version. Raises CampaignInvalid with every mistake that `campaign_mistakes` finds, and for a
    new start that is past.
    """
    if wrong := campaign_mistakes(document.as_json()):
        raise CampaignInvalid(wrong)
    with UnitOfWork(engine, client_id) as uow:
        campaign_id = _lock(uow, client_id, document)
        now = CurrentCampaign.read(uow, client_id, document.slug)
        differences = tuple(changes(now.document.as_json() if now else {}, document.as_json()))
        if now and not differences:
            return Saved(campaign_id, now.version, ())
        if now is None or _start(now.document) != _start(document):
            _refuse_past_start(uow, client_id, document)
        uow.execute(sql("actions/save_campaign/rename"), {"campaign_id": campaign_id, "name": document.name})
        if now and all(change.path == ("name",) for change in differences):
            version = now.version
        else:
            version = _next_version(uow, client_id, campaign_id, document, now, by)
        uow.commit()
    log.info("campaign_saved", campaign_id=str(campaign_id), version=version)
    return Saved(campaign_id, version, differences)


def _lock(uow: UnitOfWork, client_id: UUID, document: CampaignDocument) -> UUID:
    """Lock the campaign, or create it with its first feed. Returns its id."""
    named = {"client_id": client_id, "slug": document.slug}
    created = uow.scalar(sql("actions/save_campaign/create"), named | {"name": document.name})
    if created is not None:
        feed = {"client_id": client_id, "campaign_id": created, "feed": FIRST_FEED}
        uow.execute(sql("actions/ensure_feed"), feed)
    campaign_id: UUID = uow.scalar(sql("actions/save_campaign/lock"), named)
    return campaign_id


def _start(document: CampaignDocument) -> Any:
    return document.details.get("schedule", {}).get("start")


def _refuse_past_start(uow: UnitOfWork, client_id: UUID, document: CampaignDocument) -> None:
    zone = uow.scalar(select(Client.time_zone).where(Client.id == client_id))
    if past := past_start(Schedule.from_json(document.details), zone):
        raise CampaignInvalid([Mistake(past, ("details", "schedule", "start"))])


def _next_version(
    uow: UnitOfWork,
    client_id: UUID,
    campaign_id: UUID,
    document: CampaignDocument,
    now: CurrentCampaign | None,
    by: str,
) -> int:
    """Add the version, and a version of each text that is new or has changed. An unchanged text keeps its version."""
    ids = {"client_id": client_id, "campaign_id": campaign_id}
    template_ids = [_template_id(uow, ids, text, now.texts if now else ()) for text in document.texts]
    columns = {"details": json.dumps(document.details), "template_ids": template_ids, "created_by": by}
    version: int = uow.scalar(sql("actions/save_campaign/version"), ids | columns)
    return version


def _template_id(uow: UnitOfWork, ids: dict[str, UUID], text: Text, kept: Sequence[StoredText]) -> UUID:
    """The id of the text if it is unchanged, else of its next version."""
    unchanged = next((one.id for one in kept if one.text == text), None)
    columns = asdict(text) | {"parts": json.dumps(text.parts) if text.parts else None}
    template_id: UUID = unchanged or uow.scalar(sql("actions/save_campaign/text"), ids | columns)
    return template_id
