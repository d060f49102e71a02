"""Whether all sending is on hold."""

from dataclasses import dataclass
from typing import Self

from pipelines.reports.pauses import Pause
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Hold:
    """The pause of the platform, and how many packets in progress wait for its end."""

    pause: Pause
    packets: int

    @classmethod
    def read(cls, uow: UnitOfWork) -> Self | None:
        """The hold, or None."""
        row = uow.execute(sql("reports/packets/hold")).one_or_none()
        return None if row is None else cls(Pause.of(row.pause), row.packets)
