"""What Twilio's error codes mean."""

import json

from pipelines.domain.sending import Verdict
from pipelines.providers.http.wire import Reply

# https://www.twilio.com/docs/api/errors. Any other code with status 400 is a permanent refusal. Twilio splits codes now and
# then (changelog of 10 July 2024), so only those with another verdict are listed.
OPTED_OUT = "21610"  # the person wrote STOP to this sender: the caller suppresses the address
CODES: dict[str, Verdict] = {
    "20003": Verdict.PROVIDER_DOWN,  # wrong credentials
    "20005": Verdict.PROVIDER_DOWN,  # account not active
    "30002": Verdict.PROVIDER_DOWN,  # account suspended
    "21212": Verdict.SENDER_REFUSED,  # our sender is not a number
    "21603": Verdict.SENDER_REFUSED,  # no sender
    "21606": Verdict.SENDER_REFUSED,  # our sender cannot send
    "21659": Verdict.SENDER_REFUSED,  # our sender is not a Twilio number
    "21660": Verdict.SENDER_REFUSED,  # our sender belongs to another account
    "14107": Verdict.RETRY,  # rate of the sender exceeded
    "20429": Verdict.RETRY,  # too many requests
    "21611": Verdict.RETRY,  # the sender's queue is full
    "63038": Verdict.RETRY,  # daily cap of the account
    "20500": Verdict.UNKNOWN,  # according to its page, the message may still reach the person
    "20503": Verdict.UNKNOWN,
}


def refusal(reply: Reply) -> tuple[Verdict | None, str | None]:
    """The verdict and error code in a refusal's body; None for what it does not say."""
    try:
        code = str(json.loads(reply.body)["code"])
    except (ValueError, TypeError, KeyError):
        return None, None
    # When the account lacks a permission, Twilio answers 403 with a code about the message: the code decides.
    of_family = Verdict.REFUSED if code.startswith("21") and reply.status < 500 else None
    return CODES.get(code, of_family), code
