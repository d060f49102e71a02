"""A lane's turn: while other packets wait for a lane, no lane keeps its worker slot for long (docs/decisions/0029)."""

import time
from uuid import UUID

from pipelines.channels import channels
from pipelines.errors import TryLater
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import EVERY_CLIENT

MIN_TURN = 5.0  # seconds that a lane works at least, since starting it again costs about one
LOOK_EVERY = 3.0  # seconds between two looks at whether others wait
TURN_OVER = "turn_over"  # why a lane ended although it could send more
COMES_BACK = 5.0  # seconds after which it is started again: those that wait have their turn first


class Turn:
    """The turn of one lane, which begins now."""

    def __init__(self, database: LaneDatabase, packet_id: UUID) -> None:
        self._database = database
        self._parameters = {"packet_id": packet_id, "channels": list(channels())}
        self._look_at = time.monotonic() + MIN_TURN

    def is_over(self) -> bool:
        """Whether the lane has worked for a while and another packet waits."""
        if time.monotonic() < self._look_at:
            return False
        self._look_at = time.monotonic() + LOOK_EVERY
        _, [found] = self._database.together(
            [(EVERY_CLIENT, {}), (sql("steps/dispatch/others_wait"), self._parameters)]
        )
        return bool(found.others_wait)


def comes_back() -> TryLater:
    """What makes Airflow start the lane again."""
    return TryLater("lane_comes_back", after_seconds=COMES_BACK)
