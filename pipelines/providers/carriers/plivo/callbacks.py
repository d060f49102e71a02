"""Plivo's status callbacks: forms, signed in one of two ways."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from pipelines.domain.sending import HookRequest, OneTimeSignature, ProviderEvent
from pipelines.providers.carriers.base import as_uuid
from pipelines.providers.carriers.failures import Failure
from pipelines.providers.carriers.plivo.answers import FAILURES
from pipelines.providers.carriers.reported import MAX_ADDRESS, MAX_CODE, MAX_REFERENCE, short
from pipelines.states import MessageState

MAX_FIELDS = 1000  # of a callback; Plivo sends about fifteen
# Plivo's second way of signing has no time. A signature is remembered for longer than an event waits for its message (P6); later on, one
# would also have to know the id of an attempt.
REMEMBERED = timedelta(days=7)
V2, V3 = "x-plivo-signature-v2", "x-plivo-signature-v3"

# Plivo's status: our state and its rank (docs/protocols.md#plivo). `sent` may be the last status.
STATES: dict[str, tuple[MessageState, int]] = {
    "queued": (MessageState.ACCEPTED, 2),
    "sent": (MessageState.SENT, 4),
    "failed": (MessageState.FAILED, 5),
    "rejected": (MessageState.FAILED, 5),
    "undelivered": (MessageState.UNDELIVERED, 5),
    "delivered": (MessageState.DELIVERED, 5),
}

Fields = Mapping[str, list[str]]


def fields(request: HookRequest) -> dict[str, list[str]]:
    """The fields of a callback. Raises ValueError when there are too many."""
    return parse_qs(request.body.decode(errors="replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS)


def is_genuine(request: HookRequest, token: str) -> bool:
    """Whether the callback was signed with the account's token.

    The third way covers the URL and all fields, and is used if it is there; the second covers only the URL without its query.
    """
    try:
        way, covered = (V3, _covered_by_v3(request)) if V3 in request.headers else (V2, _base(request.url))
    except ValueError:
        return False
    nonce = request.headers.get(f"{way}-nonce", "")
    text = f"{covered}.{nonce}" if way == V3 else covered + nonce
    digest = b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha256).digest())
    # While the token is replaced, Plivo sends several signatures.
    offered = request.headers.get(way, "").split(",")
    return bool(nonce) and any(hmac.compare_digest(digest, one.strip().encode()) for one in offered)


def one_time(request: HookRequest, provider: str) -> OneTimeSignature | None:
    """Binds a signature of the second way to one URL and body; the third way covers them."""
    if V3 in request.headers:
        return None
    signed = f"{provider}\0{request.headers.get(V2, '')}\0{request.headers.get(f'{V2}-nonce', '')}"
    return OneTimeSignature(
        digest=hashlib.sha256(signed.encode()).digest(),
        body_digest=hashlib.sha256(request.url.encode() + b"\0" + request.body).digest(),
        until=datetime.now(UTC) + REMEMBERED,
    )


def read_event(provider: str, request: HookRequest) -> ProviderEvent:
    """The one event of a callback. Raises ValueError when the reference or the status is missing; other invalid values are left out."""
    form = fields(request)
    # A long message has a reference for each of its parts; the first is that of the whole message, and of the answer to its call.
    reference = short(_one(form, "ParentMessageUUID") or _one(form, "MessageUUID"), MAX_REFERENCE)
    status = _one(form, "Status")
    if not reference or not status:
        raise ValueError("a Plivo status callback without MessageUUID or Status")
    attempt = parse_qs(urlsplit(request.url).query).get("attempt", [""])[0]
    # The second signature does not cover the fields, so a repeat is recognised by its content.
    digest = hashlib.sha256(b"\0".join((attempt.encode(), reference.encode(), status.encode(), request.body)))
    return event(
        provider, digest.hexdigest(), reference, status, _one(form, "ErrorCode"), _one(form, "To"), attempt
    )


def event(
    provider: str,
    unique_key: str,
    reference: str,
    status: str,
    code: str | None,
    to: str | None,
    attempt: str = "",
) -> ProviderEvent:
    """A status in our terms, from a callback or from the list of messages."""
    state, rank = STATES.get(status, (None, 0))
    failed = state in {MessageState.FAILED, MessageState.UNDELIVERED}
    error_code = short(code, MAX_CODE) if failed else None
    address = short(to, MAX_ADDRESS)
    return ProviderEvent(
        provider=provider,
        unique_key=unique_key,
        state=state,
        rank=rank,
        attempt_id=as_uuid(attempt),
        provider_ref=reference,
        address=international(address) if address else None,
        error_code=error_code,
        opt_out="stop" if FAILURES.get(error_code or "") is Failure.BLOCKED else None,
    )


def international(number: str) -> str:
    """A number with its plus sign, which Plivo leaves out; anything else as it is."""
    return f"+{number}" if number.isascii() and number.isdecimal() and len(number) > 6 else number


def _one(form: Fields, name: str) -> str | None:
    values = form.get(name)
    return values[0] if values else None


def _base(url: str) -> str:
    """The URL without its query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def _covered_by_v3(request: HookRequest) -> str:
    """What the third signature covers, before the nonce: the URL with its query sorted, and the sorted fields of the form."""
    query = parse_qs(urlsplit(request.url).query, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    form = fields(request)
    covered = _base(request.url)
    if query or form:
        covered += "?" + "&".join(f"{name}={value}" for name, value in _sorted(query))
    if query and form:
        covered += "."
    return covered + "".join(name + value for name, value in _sorted(form))


def _sorted(values: Fields) -> list[tuple[str, str]]:
    return [(name, value) for name in sorted(values) for value in sorted(values[name])]
