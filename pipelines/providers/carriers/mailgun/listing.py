"""Mailgun's list of events, read back: https://documentation.mailgun.com/docs/mailgun/user-manual/events/events"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlencode, urlsplit

from pipelines.domain.sending import ProviderEvent
from pipelines.providers.carriers.listing import MAX_PAGES, Listed, Listing, Search
from pipelines.providers.carriers.mailgun.webhooks import document, part, read_event

PAGE_SIZE = 300  # Mailgun's maximum

Get = Callable[[str], bytes]  # the body at a path with its query


def find(get: Get, path: str, provider: str, search: Search) -> Listing:
    """The events about these addresses in that time. Raises ValueError when a page cannot be read."""
    listing = Listing()
    for address in search.addresses:
        # Mailgun dates an event when it happens, so only the beginning of the time is a limit for what follows an acceptance.
        query = {"recipient": address, "begin": f"{search.since.timestamp():.0f}"}
        events, complete = read_all(get, path, query, provider)
        listing.complete &= complete
        # Every mail of ours carries its attempt: what has none was sent by somebody else.
        listing.messages += _listed(one for one in events if one.attempt_id)
    return listing


def list_days(get: Get, path: str, provider: str, first: date, last: date) -> Iterator[list[Listed]]:
    """What the domain accepted on these days. Raises ValueError when a page cannot be read."""
    query = {"event": "accepted", "begin": _second(first), "end": _second(last + timedelta(days=1))}
    for page in _pages(get, path, query, provider):
        yield _listed(page)


def read_all(get: Get, path: str, query: dict[str, str], provider: str) -> tuple[list[ProviderEvent], bool]:
    """Every event of a query, oldest first, and whether the list was read to its end."""
    events: list[ProviderEvent] = []
    for page in islice(_pages(get, path, query, provider), MAX_PAGES):
        if not page:
            return events, True
        events += page
    return events, False


def _pages(get: Get, path: str, query: dict[str, str], provider: str) -> Iterator[list[ProviderEvent]]:
    """The pages of a query, oldest first; the one after the last is empty."""
    following = f"{path}?{urlencode({**query, 'ascending': 'yes', 'limit': PAGE_SIZE})}"
    while True:
        page = document(get(following))
        items = page.get("items")
        if not isinstance(items, list):
            raise ValueError("a list of Mailgun without items")  # noqa: TRY004 - an unreadable answer
        yield [read_event(provider, item) for item in items if isinstance(item, dict)]
        if not items:
            return
        following = _next(page, path)


def _listed(events: Iterable[ProviderEvent]) -> list[Listed]:
    return [Listed(one, one.occurred_at) for one in events if one.occurred_at]


def _second(day: date) -> str:
    return f"{datetime.combine(day, time(), UTC).timestamp():.0f}"


def _next(page: Any, path: str) -> str:
    """The path of the next page. It is at the same place, whatever host the answer names."""
    address = part(page, "paging").get("next")
    split = urlsplit(address) if isinstance(address, str) else None
    if split is None or not split.path.startswith(path):
        raise ValueError("a list of Mailgun that goes on elsewhere")
    return f"{split.path}?{split.query}" if split.query else split.path
