"""What the codes of Twilio's refusals mean."""

import json

from pipelines.domain.sending import Verdict
from pipelines.providers.http.wire import Reply

# https://www.twilio.com/docs/api/errors. Everything else that Twilio answers with 400 is for good; the codes are split
# finer now and then (changelog of 10 July 2024), so only those that change the class are named.
OPTED_OUT = "21610"  # the person wrote STOP to this sender: whoever called suppresses the address
CODES: dict[str, Verdict] = {
    "20003": Verdict.PROVIDER_DOWN,  # wrong credentials
    "20005": Verdict.PROVIDER_DOWN,  # account not active
    "30002": Verdict.PROVIDER_DOWN,  # account suspended
    "21212": Verdict.PROVIDER_DOWN,  # our sender is not a number
    "21603": Verdict.PROVIDER_DOWN,  # no sender
    "21606": Verdict.PROVIDER_DOWN,  # our sender cannot send
    "21659": Verdict.PROVIDER_DOWN,  # our sender is not a Twilio number
    "21660": Verdict.PROVIDER_DOWN,  # our sender belongs to another account
    "14107": Verdict.RETRY,  # rate of the sender exceeded
    "20429": Verdict.RETRY,  # too many requests
    "21611": Verdict.RETRY,  # the sender's queue is full
    "63038": Verdict.RETRY,  # daily cap of the account
    "20500": Verdict.UNKNOWN,  # may reach the person all the same, says its page
    "20503": Verdict.UNKNOWN,
}


def refusal(reply: Reply) -> tuple[Verdict | None, str | None]:
    """The verdict that a refusal's body decides, if it decides one, and its code."""
    try:
        code = str(json.loads(reply.body)["code"])
    except (ValueError, TypeError, KeyError):
        return None, None
    # An account without a permission answers 403 with the message's own code: the code knows better.
    by_family = Verdict.REFUSED if code.startswith("21") and reply.status < 500 else None
    return CODES.get(code, by_family), code
