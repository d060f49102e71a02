"""Cancels a packet, a campaign, or every open packet of a client: what has not been begun is never sent. There is no undo."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine, Row

from pipelines.actions.packets.subjects import ControlRefused, find
from pipelines.actions.scope import seen_by
from pipelines.events.cancelling import finish_cancelled
from pipelines.events.pauses import Subject
from pipelines.language import Sentence
from pipelines.states import TAKEN
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Effect:
    """What cancelling would do: how many packets, messages that would not go out, messages that a provider has, or may have.

    `unmade` are packets whose messages do not exist yet.
    """

    packets: int
    unsent: int
    gone: int
    unknown: int
    unmade: int

    @property
    def sentences(self) -> Iterator[Sentence]:
        """The same for people."""
        yield Sentence("cancel_packets", {"n": self.packets})
        yield Sentence("cancel_unsent", {"n": self.unsent})
        if self.unmade:
            yield Sentence("cancel_unmade", {"n": self.unmade})
        if self.gone:
            yield Sentence("cancel_gone", {"n": self.gone})
        if self.unknown:
            yield Sentence("cancel_unknown", {"n": self.unknown})
        yield Sentence("cancel_for_good")


def cancel_effect(engine: Engine, viewer: UUID | None, subject: Subject) -> Effect:
    """What cancelling the subject would do now. Changes nothing. Raises NotFound and ControlRefused like `cancel`."""
    with seen_by(engine, viewer) as uow:
        packets = _open_packets(uow, subject)
        counted = uow.one(
            sql("actions/packets/cancel_effect"),
            {"packet_ids": [row.packet_id for row in packets], "taken": sorted(TAKEN)},
        )
    return Effect(len(packets), counted.unsent, counted.gone, counted.unknown, counted.unmade)


def cancel(
    engine: Engine, viewer: UUID | None, subject: Subject, *, by: str, reason: str | None = None
) -> int:
    """Cancel the packets of the subject that are not finished. Returns how many messages will not be sent.

    A campaign that is cancelled accepts no more packets. Raises NotFound, and ControlRefused when the packet is finished or cancelled
    already.
    """
    words = (reason or "").strip()
    why = Sentence("cancelled_because", {"reason": words}) if words else Sentence("cancelled_by_hand")
    with seen_by(engine, viewer) as uow:
        if subject.campaign_id:
            uow.execute(sql("actions/packets/cancel_campaign"), {"campaign_id": subject.campaign_id})
        packets = _open_packets(uow, subject)
        columns = {
            "packet_ids": [row.packet_id for row in packets],
            "client_ids": [row.client_id for row in packets],
        }
        reasons = {"code": why.code, "params": why.json_params, "begun_by": by}
        uow.execute(sql("actions/packets/cancel"), columns | reasons)
        uow.commit()
    unsent = sum(finish_cancelled(engine, packet_id) for packet_id in columns["packet_ids"])
    log.info("cancelled", packets=len(packets), messages=unsent)
    return unsent


def _open_packets(uow: UnitOfWork, subject: Subject) -> Sequence[Row[Any]]:
    whole, facts = find(uow, subject)
    if subject.packet_id and facts.cancelled:
        raise ControlRefused("cancelled_already")
    packets = uow.all(sql("actions/packets/to_cancel"), asdict(whole))
    if subject.packet_id and not packets:
        raise ControlRefused("packet_is_over")
    return packets
