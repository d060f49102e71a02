"""Makes a campaign with its texts and its first feed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from pipelines.channels import channels
from pipelines.channels.wording.template import TemplateRefused
from pipelines.channels.wording.values import known_names
from pipelines.domain.campaign import Campaign, CampaignInvalid
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class NewTemplate:
    """A text for one channel and language (ISO 639); `subject` for channels that have one."""

    channel: str
    language: str
    body: str
    subject: str | None = None


def create_campaign(
    engine: Engine,
    *,
    client_id: UUID,
    slug: str,
    name: str,
    details: Mapping[str, Any],
    templates: Sequence[NewTemplate],
    feed: str = "upload",
) -> UUID:
    """Make an active campaign and return its id.

    Raises CampaignInvalid with a sentence for everything that is wrong: the details against their schema, a text that cannot be
    used or names what the campaign does not declare, a channel that a rule sends on without a text, a slug that the client uses.
    """
    campaign = Campaign.from_json(details)
    wrong = _without_text(campaign, templates) + _unusable(campaign, templates)
    if wrong:
        raise CampaignInvalid(wrong)
    with UnitOfWork(engine, client_id) as uow:
        ids: dict[str, Any] = {"client_id": client_id}
        made = ids | {"slug": slug, "name": name, "details": json.dumps(details)}
        ids["campaign_id"] = uow.scalar(sql("actions/create_campaign"), made)
        if ids["campaign_id"] is None:
            raise CampaignInvalid([f"This client already has a campaign {slug!r}."])
        uow.execute(sql("actions/ensure_feed"), ids | {"feed": feed})
        for template in templates:
            uow.execute(sql("actions/create_template"), ids | asdict(template))
        uow.commit()
    campaign_id: UUID = ids["campaign_id"]
    return campaign_id


def _without_text(campaign: Campaign, templates: Sequence[NewTemplate]) -> list[str]:
    written = {template.channel for template in templates}
    return [
        f"The rule {rule.name!r} sends on the channel {rule.send}, for which there is no text."
        for rule in campaign.rules
        if rule.send not in written
    ]


def _unusable(campaign: Campaign, templates: Sequence[NewTemplate]) -> list[str]:
    known = known_names((*campaign.required, *campaign.optional))
    wrong: list[str] = []
    for template in templates:
        channel = channels().get(template.channel)
        if channel is None:
            wrong.append(f"There is no channel {template.channel!r}. There are {', '.join(channels())}.")
            continue
        try:
            channel.read(template.subject, template.body, template.language, known)
        except TemplateRefused as refused:
            wrong += [f"{channel.title}, {template.language}: {sentence}" for sentence in refused.sentences]
    return wrong
