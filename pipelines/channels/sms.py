"""Text messages."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_

from pipelines.channels.base import Channel, Measure
from pipelines.channels.wording import segments
from pipelines.domain.gsm import parts


class Sms(Channel):
    """918 characters are six GSM-7 parts, where GOV.UK Notify ends as well (R35); Twilio takes 1,600 (reference 2.1)."""

    name = "sms"
    title = "SMS"
    address = "phone"
    address_title = "a mobile number"
    longest_body = 918

    def reaches(self, row: Mapping[str, Any]) -> bool:
        return super().reaches(row) and row.get("can_text") is not False

    def reach(self, columns: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool]:
        return and_(super().reach(columns), columns["can_text"].is_not(False))

    def measure(self, body: str) -> Measure:
        measured = parts(body)
        return Measure(measured.segments, measured.encoding)

    def sort_in_sql(self, body: ColumnElement[Any]) -> ColumnElement[Any]:
        return segments.sort(body)

    def measure_in_sql(
        self, body: ColumnElement[Any], length: ColumnElement[Any], sort: ColumnElement[Any]
    ) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        return segments.segments(body, length, sort), segments.encoding(sort)


CHANNEL = Sms()
