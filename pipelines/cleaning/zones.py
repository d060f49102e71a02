"""Time zones as names of the IANA database, from those names and from the usual ones of North America."""

from functools import cache
from zoneinfo import available_timezones

from pipelines.cleaning.rule import Cleaned, Problem, Rule, Setting
from pipelines.cleaning.text import tidy

_NORTH_AMERICA = {
    "eastern": "America/New_York", "et": "America/New_York", "est": "America/New_York", "edt": "America/New_York",
    "central": "America/Chicago", "ct": "America/Chicago", "cst": "America/Chicago", "cdt": "America/Chicago",
    "mountain": "America/Denver", "mt": "America/Denver", "mdt": "America/Denver",
    "arizona": "America/Phoenix", "mst": "America/Phoenix",
    "pacific": "America/Los_Angeles", "pt": "America/Los_Angeles", "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles",
    "alaska": "America/Anchorage", "hawaii": "Pacific/Honolulu", "hst": "Pacific/Honolulu",
}  # fmt: skip
_UNKNOWN = Problem("unknown_time_zone")
_ENDINGS = (" standard time", " daylight time", " time")


def clean(value: str, _setting: Setting) -> Cleaned | Problem:
    """The name of the zone: Europe/Paris for europe/paris, America/New_York for Eastern Time."""
    text = tidy(value).casefold()
    name = _names().get(text.replace(" ", "_"))
    for ending in _ENDINGS:
        text = text.removesuffix(ending)
    name = name or _NORTH_AMERICA.get(text)
    return Cleaned(name) if name else _UNKNOWN


@cache
def _names() -> dict[str, str]:
    # CST6CDT and others without a place are kept for old systems only.
    return {name.casefold(): name for name in available_timezones() if "/" in name or name == "UTC"}


RULE = Rule("zone", clean)
