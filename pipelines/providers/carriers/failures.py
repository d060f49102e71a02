"""What a provider's error code for one message means: in its answer to a call, or in a later report (docs/protocols.md#failures)."""

from enum import StrEnum


class Failure(StrEnum):
    """Whose fault it is, and so what follows.

    A code that no table lists is permanent; `packetboat doctor` counts it, and so does what pauses a packet whose failures soar.
    """

    PASSING = "passing"  # tried once more, if there is time
    ADDRESS = "address"  # the person cannot be reached there, ever
    CONTENT = (
        "content"  # our text, our sender or our reputation: when such failures soar, the packet is paused
    )
    BLOCKED = "blocked"  # the person has blocked us: suppressed
    ACCOUNT = "account"  # our account: the provider's breaker opens
