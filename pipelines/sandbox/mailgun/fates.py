"""What happens to an e-mail after acceptance, and mailboxes with a special fate.

| To, the part before the @ and any +tag | What happens                             |
| -------------------------------------- | ---------------------------------------- |
| bounce                                 | accepted, then failed for good, 550      |
| soft-bounce                            | accepted, failed for now, 421, delivered |
| complain                               | delivered, then complained               |
| unsubscribe                            | delivered, then unsubscribed             |

A state is a Mailgun event, with its severity after a hyphen.
"""

from pipelines.sandbox.service import State, Step

DELIVERED = "delivered"
FATES: dict[str, tuple[Step, ...]] = {
    DELIVERED: (Step("delivered", 0.9),),
    "bounce": (Step("failed-permanent", 0.9, 550),),
    "soft-bounce": (Step("failed-temporary", 0.9, 421), Step("delivered", 1.8)),
    "complain": (Step("delivered", 0.9), Step("complained", 1.8)),
    "unsubscribe": (Step("delivered", 0.9), Step("unsubscribed", 1.8)),
}
STATES = {
    "delivered": State("delivered", "done"),
    "failed-temporary": State("delayed, tried again", "moving"),
    "failed-permanent": State("bounced", "needs"),
    "complained": State("marked as spam", "needs"),
    "unsubscribed": State("unsubscribed", "needs"),
}


def fate_of(address: str) -> str:
    """The fate of a mailbox; almost always delivery."""
    name = address.partition("@")[0].partition("+")[0].lower()
    return name if name in FATES else DELIVERED


def special_mailboxes() -> list[tuple[str, str]]:
    """The table above, for the first page."""
    return [
        (f"To {name}@…", f"accepted, then {', then '.join(STATES[step.state].words for step in steps)}")
        for name, steps in FATES.items()
        if name != DELIVERED
    ]
