"""What happens to a message after acceptance, and numbers with a special fate.

| To, on every channel | What happens                                         | Source                         |
| -------------------- | ---------------------------------------------------- | ------------------------------ |
| +15005550001         | refused, 21211: not a number                         | Twilio's test credentials page |
| +15005550002         | refused, 21612: cannot be routed                     | Twilio's test credentials page |
| +15005550003         | refused, 21408: region not enabled                   | Twilio's test credentials page |
| +15005550004         | refused, 21610: has opted out                        | Twilio's test credentials page |
| +15005550009         | refused, 21614: not a mobile                         | Twilio's test credentials page |
| +15005550010         | accepted, then undelivered, 30003: handset away      | this sandbox                   |
| +15005550011         | accepted, then undelivered, 30005: unknown number    | this sandbox                   |
| +15005550012         | accepted, then failed, 30007: filtered               | this sandbox                   |
| +15005550013         | accepted, sent, never a receipt                      | this sandbox                   |

| From                 | What happens                                         | Source                         |
| -------------------- | ---------------------------------------------------- | ------------------------------ |
| +15005550001         | refused, 21212: not a number                         | Twilio's test credentials page |
| +15005550007         | refused, 21606: not the account's                    | Twilio's test credentials page |
| +15005550008         | refused, 21611: its queue is full                    | Twilio's test credentials page |
"""

from pipelines.sandbox.service import State, Step
from pipelines.sandbox.twilio.errors import ERRORS

REFUSED_TO = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
REFUSED_FROM = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}

DELIVERED = "delivered"
FATES: dict[str, tuple[Step, ...]] = {
    DELIVERED: (Step("sent", 0.3), Step("delivered", 0.9)),
    "read": (Step("sent", 0.3), Step("delivered", 0.9), Step("read", 1.5)),
    "unreachable": (Step("sent", 0.3), Step("undelivered", 0.9, 30003)),
    "unknown-number": (Step("sent", 0.3), Step("undelivered", 0.9, 30005)),
    "filtered": (Step("failed", 0.3, 30007),),
    "no-receipt": (Step("sent", 0.3),),
}
FATE_OF_NUMBER = {
    "+15005550010": "unreachable",
    "+15005550011": "unknown-number",
    "+15005550012": "filtered",
    "+15005550013": "no-receipt",
}
STATES = {
    "sent": State("sent", "moving"),
    "delivered": State("delivered", "done"),
    "read": State("read", "done"),
    "undelivered": State("not delivered", "needs"),
    "failed": State("failed", "needs"),
}


def fate_of(number: str) -> str:
    """The fate of a number; almost always delivery."""
    return FATE_OF_NUMBER.get(number, DELIVERED)


def special_numbers() -> list[tuple[str, str]]:
    """The tables above, for the first page."""
    refused = [(f"To {number}", code) for number, code in REFUSED_TO.items()]
    refused += [(f"From {number}", code) for number, code in REFUSED_FROM.items()]
    fates = [(f"To {number}", f"accepted, then {fate}") for number, fate in FATE_OF_NUMBER.items()]
    return [(number, f"refused, {code}: {ERRORS[code][1]}") for number, code in refused] + fates
