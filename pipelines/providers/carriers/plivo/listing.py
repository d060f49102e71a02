"""Plivo's list of messages, read back: https://www.plivo.com/docs/messaging/api/messages/#list-all-messages"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import count, islice
from typing import Any
from urllib.parse import urlencode

from pipelines.domain.sending import ProviderEvent
from pipelines.providers.carriers.listing import MAX_PAGES, Listed, Listing, Search
from pipelines.providers.carriers.plivo.callbacks import event
from pipelines.providers.carriers.reported import MAX_CODE, MAX_REFERENCE, read_json, short

PAGE_SIZE = 20  # Plivo's maximum
OUTBOUND = "outbound"

Get = Callable[[str], bytes]  # the body at a path with its query


def find(get: Get, path: str, provider: str, search: Search) -> Listing:
    """Read the list at `path` to its end. Raises ValueError when a page cannot be read.

    Plivo does not list texts, so a message that it lists is not proven to be the one in doubt; one that it does not list is missing.
    """
    (address,) = search.addresses
    query = {
        "to_number": address.removeprefix("+"),
        "message_time__gte": _second(search.since),
        "message_time__lte": _second(search.until),
    }
    listing = Listing(complete=False)
    for page in islice(_pages(get, path, query), MAX_PAGES):
        listed = [_listed(one, provider) for one in page if _is_from(one, search.sender)]
        listing.messages += [one for one in listed if search.since <= one.created_at <= search.until]
        listing.complete = len(page) < PAGE_SIZE
    return listing


def list_days(get: Get, path: str, provider: str, first: date, last: date) -> Iterator[list[Listed]]:
    """What the account sent on these days. Raises ValueError when a page cannot be read."""
    query = {"message_time__gte": f"{first} 00:00:00", "message_time__lte": f"{last} 23:59:59"}
    for page in _pages(get, path, query):
        yield [_listed(one, provider) for one in page if one.get("message_direction") == OUTBOUND]


def read(body: bytes, provider: str) -> ProviderEvent:
    """The newest state of one message, from its resource. Raises ValueError for anything else."""
    return _event(_mapping(read_json(body)), provider)


def _second(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _objects(body: bytes) -> list[Mapping[str, Any]]:
    objects = _mapping(read_json(body)).get("objects")
    if not isinstance(objects, list):
        raise ValueError("a list of Plivo without objects")  # noqa: TRY004 - an unreadable answer
    return [_mapping(one) for one in objects]


def _pages(get: Get, path: str, query: Mapping[str, str]) -> Iterator[list[Mapping[str, Any]]]:
    for offset in count(0, PAGE_SIZE):
        parameters = {**query, "limit": PAGE_SIZE, "offset": offset}
        page = _objects(get(f"{path}?{urlencode(parameters)}"))
        yield page
        if len(page) < PAGE_SIZE:
            return


def _is_from(resource: Mapping[str, Any], sender: str) -> bool:
    """Whether our account sent it from this sender. A plus sign, which Plivo leaves out, tells no two senders apart."""
    number = str(resource.get("from_number")).removeprefix("+")
    return resource.get("message_direction") == OUTBOUND and number == sender.removeprefix("+")


def _listed(resource: Mapping[str, Any], provider: str) -> Listed:
    try:
        moment = datetime.fromisoformat(str(resource.get("message_time")))
    except ValueError as error:
        raise ValueError("a message of Plivo without a readable time") from error
    if moment.tzinfo is None:
        raise ValueError("a message of Plivo with a time without a zone")
    return Listed(_event(resource, provider), moment)


def _event(resource: Mapping[str, Any], provider: str) -> ProviderEvent:
    reference = short(resource.get("message_uuid"), MAX_REFERENCE)
    status = short(resource.get("message_state"), MAX_CODE)
    if not reference or not status:
        raise ValueError("a message of Plivo without message_uuid or message_state")
    key = hashlib.sha256(f"listed\0{reference}\0{status}".encode()).hexdigest()
    code, to = resource.get("error_code"), resource.get("to_number")
    return event(
        provider, key, reference, status, str(code) if code is not None else None, str(to) if to else None
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - an unreadable answer
    return value
