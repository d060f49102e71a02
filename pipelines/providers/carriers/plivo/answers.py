"""What Plivo's answers and error codes mean.

https://www.plivo.com/docs/messaging/api/response and https://www.plivo.com/docs/messaging/troubleshooting/error-codes
"""

from pipelines.domain.sending import Verdict
from pipelines.providers.carriers.failures import Failure
from pipelines.providers.carriers.reported import read_json
from pipelines.providers.http.wire import Reply

OPTED_OUT = "200"  # the person wrote STOP to this sender
INVALID_DESTINATION = "invalid_destination"

# The codes of its reports, and our name for a refusal: answers to a call have a text instead of a code.
FAILURES: dict[str, Failure] = {
    INVALID_DESTINATION: Failure.ADDRESS,
    "10": Failure.CONTENT,  # invalid message
    "20": Failure.PASSING,  # network error
    "30": Failure.CONTENT,  # spam detected
    "40": Failure.CONTENT,  # invalid source number
    "50": Failure.ADDRESS,  # invalid destination number
    "60": Failure.CONTENT,  # loop detected
    "70": Failure.ADDRESS,  # destination permanently unavailable
    "80": Failure.PASSING,  # destination temporarily unavailable
    "90": Failure.ADDRESS,  # no route available
    "100": Failure.ADDRESS,  # prohibited by the carrier: its network takes no SMS
    "110": Failure.CONTENT,  # message too long
    OPTED_OUT: Failure.BLOCKED,
    "201": Failure.CONTENT,  # a toll-free number of the US cannot write to Canada
    "300": Failure.PASSING,  # failed to dispatch
    "900": Failure.ACCOUNT,  # insufficient credit
    "910": Failure.ACCOUNT,  # account disabled
    "1000": Failure.PASSING,  # unknown error
}


def refusal(reply: Reply) -> tuple[Verdict | None, str | None]:
    """The verdict and our name for a refusal, from the text in its body; None for what it does not say."""
    text = error_of(reply.body).lower()
    if "insufficient credit" in text:
        return Verdict.PROVIDER_DOWN, "insufficient_credit"
    if reply.status == 400 and ("dst" in text or "destination" in text):
        return Verdict.REFUSED, INVALID_DESTINATION
    if reply.status == 400 and ("src" in text or "source" in text):
        return Verdict.SENDER_REFUSED, "invalid_source"
    return None, None


def error_of(body: bytes) -> str:
    """The text of an error; empty when it cannot be read. It may be a text, or one text per field."""
    try:
        document = read_json(body)
    except ValueError:
        return ""
    error = document.get("error") if isinstance(document, dict) else None
    if isinstance(error, dict):
        return " ".join(f"{field} {text}" for field, text in error.items())
    return error if isinstance(error, str) else ""
