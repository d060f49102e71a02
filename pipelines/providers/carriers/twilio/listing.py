"""Twilio's list of messages, read back: https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from pipelines.domain.sending import ProviderEvent
from pipelines.providers.carriers.listing import MAX_PAGES, Listed, Listing, Search
from pipelines.providers.carriers.reported import MAX_ADDRESS, MAX_CODE, MAX_REFERENCE, read_json, short
from pipelines.providers.carriers.twilio.callbacks import STATES

PAGE_SIZE = 1000  # Twilio's maximum
OUTBOUND = "outbound-api"  # neither a reply of the person nor an automatic answer to one

Get = Callable[[str], bytes]  # the body at a path with its query


def find(get: Get, path: str, query: str, provider: str, prefix: str, search: Search) -> Listing:
    """Read the list at `path` to its end, filtered by `query`. Raises ValueError when a page cannot be read.

    The search has the sender as Twilio lists it; a service has no prefix.
    It is not filtered by date: a message that is still queued may have no DateSent, the only date that Twilio filters by.
    """
    listing = Listing(complete=False)
    for page in islice(_pages(get, path, query), MAX_PAGES):
        ours = (one for one in page.messages if _is_from(one, search.sender))
        listed = [_listed(one, provider, prefix) for one in ours]
        listing.messages += [one for one in listed if search.since <= one.created_at <= search.until]
        listing.complete = page.is_last
    return listing


def list_days(get: Get, path: str, provider: str, first: date, last: date) -> Iterator[list[Listed]]:
    """What the account sent on these days, whatever the channel. Raises ValueError when a page cannot be read."""
    for page in _pages(get, path, urlencode({"DateSent>": first.isoformat(), "DateSent<": last.isoformat()})):
        yield [_listed(one, provider, "") for one in page.messages if _is_outbound(one)]


def read(body: bytes, provider: str, prefix: str) -> ProviderEvent:
    """The newest state of one message, from its resource. Raises ValueError for anything else."""
    return _event(_object(body), provider, prefix)


@dataclass(frozen=True, slots=True)
class _Page:
    messages: list[Any]
    is_last: bool


def _pages(get: Get, path: str, query: str) -> Iterator[_Page]:
    following = f"{path}?{query}&PageSize={PAGE_SIZE}"
    while True:
        page = _object(get(following))
        messages, rest = page.get("messages"), page.get("next_page_uri")
        if not isinstance(messages, list):
            raise ValueError("a list of Twilio without messages")  # noqa: TRY004 - an unreadable answer
        yield _Page(messages, is_last=not rest)
        if not rest:
            return
        # The rest of the list comes from the same account, whatever the answer says.
        if not isinstance(rest, str) or not rest.startswith(f"{path}?"):
            raise ValueError("a list of Twilio that goes on elsewhere")
        following = rest


def _is_from(resource: Any, sender: str) -> bool:
    """Whether our account sent it, from this sender; a messaging service chooses the number itself."""
    return _is_outbound(resource) and sender in {resource.get("messaging_service_sid"), resource.get("from")}


def _is_outbound(resource: Any) -> bool:
    return isinstance(resource, dict) and resource.get("direction") == OUTBOUND


def _listed(resource: Mapping[str, Any], provider: str, prefix: str) -> Listed:
    body = resource.get("body")
    return Listed(
        _event(resource, provider, prefix),
        _moment(resource.get("date_created")),
        body if isinstance(body, str) else None,
    )


def _event(resource: Mapping[str, Any], provider: str, prefix: str) -> ProviderEvent:
    sid, status = short(resource.get("sid"), MAX_REFERENCE), short(resource.get("status"), MAX_CODE)
    if not sid or not status:
        raise ValueError("a message of Twilio without sid or status")
    state, rank = STATES.get(status, (None, 0))
    code, address = resource.get("error_code"), short(resource.get("to"), MAX_ADDRESS)
    return ProviderEvent(
        provider=provider,
        unique_key=hashlib.sha256(f"listed\0{sid}\0{status}".encode()).hexdigest(),
        state=state,
        rank=rank,
        provider_ref=sid,
        address=address.removeprefix(prefix) if address else None,
        error_code=short(str(code), MAX_CODE) if code is not None else None,
    )


def _moment(text: Any) -> datetime:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, AttributeError, IndexError) as error:
        raise ValueError("a message of Twilio without a readable date") from error
    if moment.tzinfo is None:
        raise ValueError("a message of Twilio with a date without a zone")
    return moment


def _object(body: bytes) -> Mapping[str, Any]:
    document = read_json(body)
    if not isinstance(document, dict):
        raise ValueError("not an object")  # noqa: TRY004 - an unreadable answer
    return document
