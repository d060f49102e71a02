"""The fields that a packet's rows need. A bad value of any other field is left out and noted."""

from collections.abc import Collection, Container, Iterable, Iterator

from pipelines.channels import channels
from pipelines.channels.base import MessageText, texts_of
from pipelines.channels.wording.template import TemplateRefused
from pipelines.channels.wording.values import allowed_names
from pipelines.domain.campaign import Campaign, CampaignInvalid
from pipelines.domain.mapping import LoadMap
from pipelines.rules.names import names
from pipelines.steps.journal import PacketFacts
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

_ANY_MOMENT = {"contact_at": "2000-01-01 12:00"}


def needed(uow: UnitOfWork, packet: PacketFacts, load_map: LoadMap, fields: Iterable[str]) -> set[str]:
    """Those of `fields` that the campaign requires, that a rule uses, or that a text uses without a default.

    A campaign or text that cannot be used needs nothing: assemble stops its packet.
    """
    try:
        campaign = Campaign.from_json(packet.campaign)
    except CampaignInvalid:
        return set()
    by_rules = {name for rule in campaign.rules for name in names(rule.when)}
    allowed = allowed_names((*load_map.extras, *campaign.required, *campaign.optional))
    used = {rule.send for rule in campaign.rules}
    texts = list(_texts(uow, packet, used, allowed))
    return {
        name
        for name in fields
        if name in campaign.required or name in by_rules or any(_needs(text, name) for text in texts)
    }


def _texts(
    uow: UnitOfWork, packet: PacketFacts, used: Container[str], allowed: Collection[str]
) -> Iterator[MessageText]:
    rows = uow.all(sql("steps/packet/templates"), {"campaign_version_id": packet.campaign_version_id})
    for row in rows:
        if row.channel in used and row.channel in channels():
            try:
                yield channels()[row.channel].read(texts_of(row), row.language, allowed)
            except TemplateRefused:
                continue


def _needs(text: MessageText, name: str) -> bool:
    """Whether the text cannot be filled without this field."""
    others = {other: "?" for other in text.names if other != name} | _ANY_MOMENT
    return any(name in wording.missing(others) for wording in text.parts.values())
