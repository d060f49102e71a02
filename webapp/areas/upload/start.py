"""Starts a packet in Airflow right after its upload; if that fails, `pulse` starts it later."""

import threading
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError

from pipelines.actions.packets.relay_outbox import relay_outbox
from pipelines.bootstrap import Packetboat

log = structlog.get_logger(__name__)


def start_soon(boat: Packetboat, packet_id: UUID) -> None:
    """Start the packet's run in the background, so that its sender need not wait for Airflow."""

    def start() -> None:
        try:
            relay_outbox(boat.engine("app"), boat.airflow(), packet_id=packet_id)
        except DBAPIError as error:
            log.warning("start_left_to_pulse", packet_id=str(packet_id), exc_info=error)

    threading.Thread(target=start, name="start packet", daemon=True).start()
