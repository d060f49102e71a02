"""What Twilio's error codes mean."""

import json

from pipelines.domain.sending import Verdict
from pipelines.providers.carriers.failures import Failure
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

# What its codes about one message mean, in an answer or a later report; the pages of the codes under the same address.
FAILURES: dict[str, Failure] = {
    "30001": Failure.PASSING,  # queue overflow
    "30003": Failure.PASSING,  # handset unreachable
    "30008": Failure.PASSING,  # unknown error
    "30017": Failure.PASSING,  # carrier network congestion
    "30022": Failure.PASSING,  # rate of the 10DLC campaign exceeded
    "30036": Failure.PASSING,  # longer in Twilio's queue than we allowed
    "30500": Failure.PASSING,  # error of the platform
    "21211": Failure.ADDRESS,  # not a number
    "21265": Failure.ADDRESS,  # a short code
    "21408": Failure.ADDRESS,  # region not enabled
    "21612": Failure.ADDRESS,  # cannot be reached from this sender
    "21614": Failure.ADDRESS,  # not a mobile number
    "21635": Failure.ADDRESS,  # landline
    "30005": Failure.ADDRESS,  # unknown number
    "30006": Failure.ADDRESS,  # landline
    "21602": Failure.CONTENT,  # empty body
    "21617": Failure.CONTENT,  # body too long
    "30007": Failure.CONTENT,  # filtered
    "30032": Failure.CONTENT,  # toll-free number not verified
    "30033": Failure.CONTENT,  # campaign suspended
    "30034": Failure.CONTENT,  # number not registered for 10DLC
    "30004": Failure.BLOCKED,  # the person blocks us
    OPTED_OUT: Failure.BLOCKED,
    "30002": Failure.ACCOUNT,  # account suspended
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
