"""Moments that were over when the packet came, such as that of a booking: a date, with or without a time, in the packet's time zone."""

from zoneinfo import ZoneInfo

from pipelines.cleaning.rule import Cleaned, Order, Problem, Rule, Setting
from pipelines.cleaning.times import Moment, clean_moment
from pipelines.domain.field import PAST_MOMENT

_UNCLEAR = Problem("unreadable_date")
_FUTURE = Problem("future_moment")


def clean(value: str, setting: Setting) -> Cleaned | Problem:
    """The moment in UTC, in ISO form. A date alone is the start of its day.

    In a column that shows both orders of day and month, only dates that do not depend on the order are read.
    """
    zone = ZoneInfo(setting.time_zone)
    orders = [setting.order] if setting.order else list(Order)
    moment, *others = (clean_moment(value, "", order, zone) for order in orders)
    if any(other != moment for other in others):
        return _UNCLEAR
    if not isinstance(moment, Moment):
        return moment[1]
    if setting.received_at is not None and moment.contact_at > setting.received_at:
        return _FUTURE
    return Cleaned(moment.contact_at.isoformat(), moment.note)


RULE = Rule(PAST_MOMENT, clean, reads_dates=True)
