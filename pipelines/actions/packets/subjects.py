"""Finds the packet, campaign or client that a person wants to pause, resume or cancel."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from pipelines.errors import NotFound, PacketboatError
from pipelines.events.pauses import Subject
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


class ControlRefused(PacketboatError):
    """It cannot be paused, resumed or cancelled as it is now."""


def find(uow: UnitOfWork, subject: Subject) -> tuple[Subject, Row[Any]]:
    """The subject, with its client if only the packet was given, and its facts. Raises NotFound, also for another client's (S1)."""
    facts = uow.execute(sql("actions/packets/subject"), asdict(subject)).one_or_none()
    if facts is not None:
        return Subject(facts.client_id, subject.campaign_id, subject.packet_id), facts
    if subject.packet_id:
        raise NotFound("no_such_packet", packet=str(subject.packet_id))
    raise NotFound("no_such_campaign")


def packet_of(packet_id: UUID) -> Subject:
    """A packet, whichever client it belongs to."""
    return Subject(packet_id=packet_id)
