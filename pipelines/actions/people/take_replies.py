"""Stores what people answer, each with its addresses in the form in which we keep addresses."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Engine

from pipelines.actions.messages.comparable import normalised
from pipelines.domain.replies import InboundReply
from pipelines.domain.sending import OneTimeSignature
from pipelines.providers.carriers.base import Carrier
from pipelines.replies import inbox


def take_replies(
    engine: Engine, carrier: Carrier, replies: Sequence[InboundReply], once: OneTimeSignature | None = None
) -> int:
    """Store the replies of one verified call; returns how many were new. Raises SignatureReused like `inbox.store`."""
    return inbox.store(engine, [_normalised(carrier, reply) for reply in replies], once)


def _normalised(carrier: Carrier, reply: InboundReply) -> InboundReply:
    return replace(reply, sender=normalised(carrier, reply.sender) or reply.sender)
