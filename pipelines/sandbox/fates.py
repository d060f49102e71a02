"""What becomes of an accepted message, and the numbers and addresses that behave in a special way.

| To (SMS)      | What happens                                         | Whose rule                     |
| ------------- | ---------------------------------------------------- | ------------------------------ |
| +15005550001  | refused, 21211: not a number                         | Twilio's test credentials page |
| +15005550002  | refused, 21612: cannot be routed                     | Twilio's test credentials page |
| +15005550003  | refused, 21408: region not enabled                   | Twilio's test credentials page |
| +15005550004  | refused, 21610: has written STOP                     | Twilio's test credentials page |
| +15005550009  | refused, 21614: not a mobile                         | Twilio's test credentials page |
| +15005550010  | accepted, then undelivered, 30003: handset away      | ours                           |
| +15005550011  | accepted, then undelivered, 30005: unknown number    | ours                           |
| +15005550012  | accepted, then failed, 30007: filtered               | ours                           |
| +15005550013  | accepted, sent, and no receipt ever                  | ours                           |

| From (SMS)    | What happens                                         | Whose rule                     |
| ------------- | ---------------------------------------------------- | ------------------------------ |
| +15005550001  | refused, 21212: not a number                         | Twilio's test credentials page |
| +15005550007  | refused, 21606: not ours                             | Twilio's test credentials page |
| +15005550008  | refused, 21611: its queue is full                    | Twilio's test credentials page |

| To (e-mail), the part before the @ and any +tag      | What happens                                |
| ---------------------------------------------------- | ------------------------------------------- |
| bounce                                               | accepted, then failed for good, 550         |
| soft-bounce                                          | accepted, failed for now, 421, delivered    |
| complain                                             | delivered, then complained                  |
| unsubscribe                                          | delivered, then unsubscribed                |
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.sandbox.config import SandboxConfig

REFUSED_TO = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
REFUSED_FROM = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}

DELIVERED = "delivered"
# The states after acceptance, in the provider's own words, each with its error code.
SMS_FATES: dict[str, tuple[tuple[str, int | None], ...]] = {
    DELIVERED: (("sent", None), ("delivered", None)),
    "unreachable": (("sent", None), ("undelivered", 30003)),
    "unknown-number": (("sent", None), ("undelivered", 30005)),
    "filtered": (("failed", 30007),),
    "no-receipt": (("sent", None),),
}
EMAIL_FATES: dict[str, tuple[tuple[str, int | None], ...]] = {
    DELIVERED: (("delivered", None),),
    "bounce": (("failed-permanent", 550),),
    "soft-bounce": (("failed-temporary", 421), ("delivered", None)),
    "complain": (("delivered", None), ("complained", None)),
    "unsubscribe": (("delivered", None), ("unsubscribed", None)),
}
FATES = {"sms": SMS_FATES, "email": EMAIL_FATES}

_NUMBERS = {
    "+15005550010": "unreachable",
    "+15005550011": "unknown-number",
    "+15005550012": "filtered",
    "+15005550013": "no-receipt",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One change of state, `at` seconds since 1970."""

    state: str
    at: float
    code: int | None


def fate_of(channel: str, to: str) -> str:
    """The fate that goes with a number or an address; almost always delivery."""
    if channel == "sms":
        return _NUMBERS.get(to, DELIVERED)
    name = to.partition("@")[0].partition("+")[0].lower()
    return name if name in EMAIL_FATES else DELIVERED


def turns(channel: str, fate: str, accepted_at: float, config: SandboxConfig) -> Iterator[Turn]:
    """What happens after acceptance, in order: known at once, so that nothing needs to be kept for it."""
    after = (
        (config.sent_after, config.delivered_after)
        if channel == "sms"
        else (config.delivered_after, 2 * config.delivered_after)
    )
    for (state, code), seconds in zip(FATES[channel][fate], after, strict=False):
        yield Turn(state, accepted_at + seconds, code)


def state_at(channel: str, fate: str, accepted_at: float, now: float, config: SandboxConfig) -> Turn | None:
    """The last thing that has happened by `now`; None while it is only accepted."""
    past = [turn for turn in turns(channel, fate, accepted_at, config) if turn.at <= now]
    return past[-1] if past else None
