"""Where a person is, as far as their row tells: a zone, or the first digits of a phone number (D14)."""

from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from phonenumbers.tzdata import TIMEZONE_DATA

# The client's own zone: for people of whom nothing else is known.
ANYWHERE = ""
# How many digits, with country code, tell the zone of most numbers, and of the others. A few prefixes of the library are longer.
SHORT, LONG = len("1212"), len("1208201")


@cache
def is_known(zone: str) -> bool:
    """Whether this installation has the zone: the data of the library may be newer."""
    try:
        ZoneInfo(zone)
    except ZoneInfoNotFoundError:
        return False
    return True


@cache
def long_heads() -> list[str]:
    """The first digits, with +, of numbers whose zones only more digits tell."""
    return sorted({f"+{prefix[:SHORT]}" for prefix in TIMEZONE_DATA if len(prefix) > SHORT})


def zones_of(place: str, otherwise: str) -> tuple[str, ...]:
    """The zones that a place may be in, sorted; the zone `otherwise` when it says nothing.

    `place` is ANYWHERE, the name of a zone, or the first digits of a number with +, whose zones are the library's.
    """
    if not place.startswith("+"):
        return (place or otherwise,)
    head = place[1:]
    prefixes = (head[:length] for length in range(len(head), 0, -1))
    zones = next((TIMEZONE_DATA[prefix] for prefix in prefixes if prefix in TIMEZONE_DATA), ())
    return tuple(filter(is_known, sorted({*zones, *_beyond().get(head, ())}))) or (otherwise,)


@cache
def _beyond() -> dict[str, set[str]]:
    """The zones of the prefixes that are longer than LONG, by their first digits."""
    zones: dict[str, set[str]] = {}
    for prefix, known in TIMEZONE_DATA.items():
        if len(prefix) > LONG:
            zones.setdefault(prefix[:LONG], set()).update(known)
    return zones
