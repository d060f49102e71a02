"""One finding of `packetboat doctor`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """The result of one check. `state` is ok, note (worth knowing, not wrong) or wrong."""

    matter: str
    state: str
    sentence: str
