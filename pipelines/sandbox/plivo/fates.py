"""What happens to a message after acceptance, and numbers with a special fate; all are this sandbox's own.

https://www.plivo.com/docs/messaging/troubleshooting/error-codes

| To           | What happens                                                  |
| ------------ | ------------------------------------------------------------- |
| +15005550010 | accepted, then undelivered, 80: temporarily unavailable       |
| +15005550011 | accepted, then undelivered, 50: invalid destination           |
| +15005550012 | accepted, then failed, 30: spam                               |
| +15005550013 | accepted, sent, never a receipt                               |
| +15005550014 | accepted, then undelivered, 200: blocked by STOP              |

A call from +15005550007 is refused: the number is not the account's.
"""

from pipelines.sandbox.service import State, Step

NOT_OURS = "15005550007"
DELIVERED = "delivered"
FATES: dict[str, tuple[Step, ...]] = {
    DELIVERED: (Step("sent", 0.3), Step("delivered", 0.9)),
    "unreachable": (Step("sent", 0.3), Step("undelivered", 0.9, 80)),
    "unknown-number": (Step("sent", 0.3), Step("undelivered", 0.9, 50)),
    "filtered": (Step("failed", 0.3, 30),),
    "no-receipt": (Step("sent", 0.3),),
    "stopped": (Step("sent", 0.3), Step("undelivered", 0.9, 200)),
}
FATE_OF_NUMBER = {
    "+15005550010": "unreachable",
    "+15005550011": "unknown-number",
    "+15005550012": "filtered",
    "+15005550013": "no-receipt",
    "+15005550014": "stopped",
}
STATES = {
    "sent": State("sent", "moving"),
    "delivered": State("delivered", "done"),
    "undelivered": State("not delivered", "needs"),
    "failed": State("failed", "needs"),
}


def fate_of(number: str) -> str:
    """The fate of a number; almost always delivery."""
    return FATE_OF_NUMBER.get(number, DELIVERED)


def special_numbers() -> list[tuple[str, str]]:
    """The table above, for the first page."""
    fates = [(f"To {number}", f"accepted, then {fate}") for number, fate in FATE_OF_NUMBER.items()]
    return [*fates, (f"From +{NOT_OURS}", "refused: not a number of the account")]
