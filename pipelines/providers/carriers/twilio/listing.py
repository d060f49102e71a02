"""Twilio's list of messages, read back: https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from pipelines.domain.sending import ProviderEvent
from pipelines.providers.carriers.listing import MAX_PAGES, Listed, Listing, Search
from pipelines.providers.carriers.reported import MAX_ADDRESS, MAX_CODE, MAX_REFERENCE, read_json, short
from pipelines.providers.carriers.twilio.callbacks import STATES

PAGE_SIZE = 1000  # Twilio's maximum
OUTBOUND = "outbound-api"  # neither a reply of the person nor an automatic answer to one

Get = Callable[[str], bytes]  # the body at a path with its query


def find(get: Get, path: str, query: str, provider: str, prefix: str, search: Search) -> Listing:
    """Read the list at `path` to its end, filtered by `query`. Raises ValueError when a page cannot be read.

    It is not filtered by date: a message that is still queued may have no DateSent, the only date that Twilio filters by.
    """
    listing, following = Listing(), f"{path}?{query}&PageSize={PAGE_SIZE}"
    for _ in range(MAX_PAGES):
        page = _object(get(following))
        listing.messages += _of_page(page, provider, prefix, search)
        rest = page.get("next_page_uri")
        if not rest:
            return listing
        # The rest of the list comes from the same account, whatever the answer says.
        if not isinstance(rest, str) or not rest.startswith(f"{path}?"):
            raise ValueError("a list of Twilio that goes on elsewhere")
        following = rest
    listing.complete = False
    return listing


def read(body: bytes, provider: str, prefix: str) -> ProviderEvent:
    """The newest state of one message, from its resource. Raises ValueError for anything else."""
    return _event(_object(body), provider, prefix)


def _of_page(page: Mapping[str, Any], provider: str, prefix: str, search: Search) -> list[Listed]:
    messages = page.get("messages")
    if not isinstance(messages, list):
        raise ValueError("a list of Twilio without messages")  # noqa: TRY004 - an unreadable answer
    listed = [_listed(one, provider, prefix) for one in messages if _is_from(one, prefix + search.sender)]
    return [one for one in listed if search.since <= one.created_at <= search.until]


def _is_from(resource: Any, sender: str) -> bool:
    """Whether our account sent it, from this sender; a messaging service chooses the number itself."""
    if not isinstance(resource, dict) or resource.get("direction") != OUTBOUND:
        return False
    return sender in {resource.get("messaging_service_sid"), resource.get("from")}


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
