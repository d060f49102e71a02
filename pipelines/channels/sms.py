"""Text messages."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_

from pipelines.channels.base import Channel, Part
from pipelines.channels.wording import segments


class Sms(Channel):
    """918 characters are six GSM-7 parts, the limit of GOV.UK Notify (R35); Twilio allows 1,600 (docs/protocols.md#twilio)."""

    name = "sms"
    title = "SMS"
    lane_title = "sms"
    max_lanes = 2
    icon = "message-square"
    frame = "phone"
    address = "phone"
    parts = (Part("body", "text", 918),)

    def reach(self, columns: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool]:
        return and_(super().reach(columns), columns["can_text"].is_not(False))

    def alphabet_in_sql(self, body: ColumnElement[Any]) -> ColumnElement[Any]:
        return segments.alphabet(body)

    def measure_in_sql(
        self, body: ColumnElement[Any], length: ColumnElement[Any], alphabet: ColumnElement[Any]
    ) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        return segments.segments(body, length, alphabet), segments.encoding(alphabet)


CHANNEL = Sms()
