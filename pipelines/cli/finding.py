"""What `packetboat doctor` finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `state` is ok, note (nothing wrong, worth knowing) or wrong."""

    matter: str
    state: str
    sentence: str
