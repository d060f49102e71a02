"""The output of each step for a packet, so that a rerun can replace it and everything that was made from it."""

from uuid import UUID

from sqlalchemy import delete, exists, select, update

from pipelines.billing.wallet import release_packet
from pipelines.states import PREPARE_STEPS, TOUCHED
from pipelines.store.unit_of_work import UnitOfWork
from pipelines.tables.base import Base
from pipelines.tables.billing import PacketCharge
from pipelines.tables.messages import Message
from pipelines.tables.packets import (
    ChannelWait,
    CleanRow,
    DataPacket,
    DataPacketRow,
    HeldRow,
    PacketTotal,
    QualityResult,
)
from pipelines.tables.schedules import SendWindow

OUTPUTS: dict[str, tuple[type[Base], ...]] = {
    "load": (DataPacketRow,),
    "map_fields": (),  # its output is the packet's load_map_id
    "clean": (CleanRow,),
    "check": (QualityResult,),
    "assemble": (
        Message,
        SendWindow,
        PacketCharge,
        PacketTotal,
        ChannelWait,
    ),  # the series of its messages stays: they get the same ids again
}


def forget(uow: UnitOfWork, packet_id: UUID, step: str) -> None:
    """Delete the output of a prepare step and of the prepare steps after it. Its messages must still be untouched."""
    release_packet(uow, packet_id)
    later = PREPARE_STEPS[PREPARE_STEPS.index(step) :]
    for name in reversed(later):
        for table in OUTPUTS[name]:
            uow.execute(delete(table).where(table.__table__.c.packet_id == packet_id))
    uow.execute(delete(HeldRow).where(HeldRow.packet_id == packet_id, HeldRow.step.in_(later)))
    if "map_fields" in later:
        uow.execute(update(DataPacket).where(DataPacket.id == packet_id).values(load_map_id=None))


def was_touched(uow: UnitOfWork, packet_id: UUID) -> bool:
    """Whether a message of this packet was ever claimed for a provider: then nothing that it was made from may change.

    This holds for one that expired or was cancelled after an attempt, too: its attempts stay, and late news of them must fit its text.
    """
    touched = exists().where(Message.packet_id == packet_id, Message.state.in_(sorted(TOUCHED)))
    tried = exists().where(Message.packet_id == packet_id, Message.attempt_no > 0)
    return bool(uow.scalar(select(touched | tried)))
