"""Why an address may not be contacted, and for whom a reason holds."""

from enum import StrEnum


class Reason(StrEnum):
    """Why an address may not be contacted."""

    OPTED_OUT = "opted_out"  # the person answered STOP, or told the provider
    UNSUBSCRIBED = "unsubscribed"  # by the link or the button of an e-mail
    COMPLAINED = "complained"  # marked a message as spam
    HARD_BOUNCE = "hard_bounce"  # the mailbox does not exist
    WRONG_NUMBER = "wrong_number"  # it belongs to somebody else
    BLOCKED = "blocked"  # by the client


# They hold for every client: whoever complains or is the wrong person will not want the next client's messages either.
PLATFORM_WIDE = frozenset({Reason.COMPLAINED, Reason.WRONG_NUMBER})
# What a provider may report in these words; any other opt-out is a wish to stop.
REPORTED = frozenset(Reason) - {Reason.BLOCKED}
