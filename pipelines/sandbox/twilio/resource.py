"""The Message resource, and a page of them. https://www.twilio.com/docs/messaging/api/message-resource"""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from pipelines.sandbox.journal import Accepted
from pipelines.sandbox.segments import segments
from pipelines.sandbox.service import Change
from pipelines.sandbox.twilio import addresses

API = "2010-04-01"
MAX_STAMPS = 1000  # formatted seconds in the cache


def message_resource(message: Accepted, account: str, changes: Sequence[Change]) -> dict[str, Any]:
    """A message after these changes; empty in the answer to its creation."""
    path = f"/{API}/Accounts/{account}/Messages/{message.id}"
    by_service = addresses.is_messaging_service(message.sender)
    created, last = _rfc2822(message.at), changes[-1] if changes else None
    content = message.content
    return {
        "account_sid": account,
        "api_version": API,
        "body": content.get("body", ""),
        "date_created": created,
        "date_sent": _rfc2822(changes[0].at) if changes else None,
        "date_updated": _rfc2822(last.at) if last else created,
        "direction": "outbound-api",
        "error_code": last.code if last else None,
        "error_message": None,
        "from": None if by_service else addresses.join(message.channel, message.sender),
        "messaging_service_sid": message.sender if by_service else None,
        "num_media": str(len(content.get("media", ()))),
        # A messaging service has not counted yet when it accepts a message.
        "num_segments": "0" if by_service and not last else str(segments(content.get("body", ""))),
        "price": None,
        "price_unit": None,
        "sid": message.id,
        "status": last.state if last else "accepted" if by_service else "queued",
        "subresource_uris": {"media": f"{path}/Media.json"},
        "to": addresses.join(message.channel, message.to),
        "uri": f"{path}.json",
    }


def page_resource(
    messages: list[dict[str, Any]],
    account: str,
    number: int,
    size: int,
    query: dict[str, str],
    token: int | None,
) -> dict[str, Any]:
    """Page `number` of a list, with at most `size` messages; `token` points to the next page, None on the last."""
    path = f"/{API}/Accounts/{account}/Messages.json"
    kept = {name: value for name, value in query.items() if name not in {"Page", "PageToken", "PageSize"}}
    first = f"{path}?{urlencode({**kept, 'PageSize': size, 'Page': 0})}"
    following = {**kept, "PageSize": size, "Page": number + 1, "PageToken": token}
    return {
        "messages": messages,
        "page": number,
        "page_size": size,
        "start": number * size,
        "end": number * size + max(0, len(messages) - 1),
        "uri": f"{path}?{urlencode(query)}",
        "first_page_uri": first,
        "previous_page_uri": None,
        "next_page_uri": f"{path}?{urlencode(following)}" if token is not None else None,
    }


_stamps: dict[int, str] = {}


def _rfc2822(at: float) -> str:
    """Formatted once per second, not once per message."""
    second = int(at)
    if second not in _stamps:
        if len(_stamps) > MAX_STAMPS:
            _stamps.clear()
        _stamps[second] = format_datetime(datetime.fromtimestamp(second, UTC))
    return _stamps[second]
