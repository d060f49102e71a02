"""The forecasts that are kept: when packets will be all out, and how wrong that was (B9)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from pipelines.language import Sentence
from pipelines.language.zoned import zoned
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class KeptForecast:
    """The forecast of a packet that is kept: `all_out_at` is None if its messages cannot be sent at all."""

    made_at: datetime
    all_out_at: datetime | None
    messages: int
    late: int

    @classmethod
    def read(cls, uow: UnitOfWork, packet_id: UUID) -> Self | None:
        """The packet's forecast; None if there is none, or nothing is left to send."""
        rows = uow.all(sql("reports/forecast/kept"), {"packet_id": packet_id})
        return cls(**rows[0]._asdict()) if rows and rows[0].messages else None

    def sentences(self, time_zone: str, *, begun: bool) -> list[Sentence]:
        """What it says, with the moment in a time zone (IANA). `begun`: the packet sends, or will without anybody's doing."""
        said: list[Sentence] = []
        if self.all_out_at is not None:
            params = {"n": self.messages, "at": zoned(self.all_out_at, time_zone)}
            said.append(Sentence("all_out", params) if begun else Sentence("all_out_if_started", params))
        if self.late:
            said.append(Sentence("will_be_late", {"n": self.late}))
        return said


@dataclass(frozen=True, slots=True)
class ForecastErrors:
    """How wrong the first forecasts of the last 30 days were: `median_error` is a part of the time that the packets took."""

    packets: int
    median_error: float | None


def forecast_errors(uow: UnitOfWork) -> ForecastErrors:
    """Over all packets that this transaction may see."""
    return ForecastErrors(**uow.one(sql("reports/forecast/errors"))._asdict())
