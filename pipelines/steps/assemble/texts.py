"""The texts of a campaign that a packet needs: parsed, checked against its columns, and chosen by language."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, case, func, null

from pipelines.channels import channels
from pipelines.channels.base import Channel, MessageText, texts_of
from pipelines.channels.wording.template import TemplateRefused
from pipelines.domain.campaign import DeliveryRule
from pipelines.errors import StepFailed
from pipelines.rules.names import names
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class CampaignText:
    """The text of one channel and language, in the version that the packet is pinned to."""

    template_id: UUID
    channel: Channel
    language: str
    text: MessageText


def read_texts(
    uow: UnitOfWork,
    campaign_version_id: UUID,
    rules: Sequence[DeliveryRule],
    allowed: Collection[str],
    filled: Mapping[str, str],
) -> list[CampaignText]:
    """The texts of the channels that the rules send on.

    They may use the `allowed` names; `filled` is a row of this packet in which every cell is filled. Raises StepFailed for a rule or a text
    that cannot be used, a channel without any text, and a text that no row of this packet could fill (docs/protocols.md#bad-input).
    """
    used = _channels_of(rules, allowed)
    texts = [
        _read(row, used[row.channel], allowed)
        for row in uow.all(sql("steps/packet/templates"), {"campaign_version_id": campaign_version_id})
        if row.channel in used
    ]
    for channel in used.values():
        if not any(text.channel is channel for text in texts):
            raise StepFailed("channel_without_text", channel=channel.as_sentence)
    for text in texts:
        _refuse_if_no_row_fills(text, filled)
    return texts


def text_for(
    texts: Sequence[CampaignText],
    channel: ColumnElement[Any],
    language: ColumnElement[str],
    fallback: str,
) -> ColumnElement[int | None]:
    """The place of the text for a row: in its language, else in the bare language of its tag, else in `fallback`; NULL if there is none."""
    bare = func.split_part(language, "-", 1)
    places = list(enumerate(texts))
    arms: list[tuple[ColumnElement[bool], int]] = []
    arms += [(and_(channel == text.channel.name, language == text.language), place) for place, text in places]
    arms += [
        (and_(channel == text.channel.name, bare == _bare(text.language)), place) for place, text in places
    ]
    last = sorted(
        (item for item in places if _bare(item[1].language) == _bare(fallback)),
        key=lambda item: item[1].language != fallback,
    )
    arms += [(channel == text.channel.name, place) for place, text in last]
    return case(*arms, else_=null())


def _bare(tag: str) -> str:
    return tag.split("-", maxsplit=1)[0]


def _channels_of(rules: Sequence[DeliveryRule], allowed: Collection[str]) -> dict[str, Channel]:
    for rule in rules:
        if rule.send not in channels():
            raise StepFailed("no_such_channel", rule=rule.name, channel=rule.send, channels=[*channels()])
        for name in names(rule.when):
            if name not in allowed:
                raise StepFailed("rule_names_missing_column", rule=rule.name, name=name)
    return {rule.send: channels()[rule.send] for rule in rules}


def _read(row: Row[Any], channel: Channel, allowed: Collection[str]) -> CampaignText:
    try:
        text = channel.read(texts_of(row), row.language, allowed)
    except TemplateRefused as refused:
        where = {"channel": channel.as_sentence, "language": row.language}
        raise StepFailed("template_refused", **where, reasons=refused.sentences) from None
    return CampaignText(row.id, channel, row.language, text)


def _refuse_if_no_row_fills(text: CampaignText, filled: Mapping[str, str]) -> None:
    missing = dict.fromkeys(name for wording in text.text.parts.values() for name in wording.missing(filled))
    if missing:
        raise StepFailed(
            "template_names_missing_column",
            channel=text.channel.as_sentence,
            language=text.language,
            names=[*missing],
        )
