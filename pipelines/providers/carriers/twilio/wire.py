"""Twilio's library over our own line."""

import logging
import threading
from base64 import b64encode
from urllib.parse import urlencode, urlsplit

from twilio.http import HttpClient
from twilio.http.response import Response

from pipelines.providers.carriers.base import Declined
from pipelines.providers.http.wire import Line, Reply


class _Seen(threading.local):
    """The success that this thread's call has brought back, before Twilio's library has read it."""

    reply: Reply | None = None


class OurWire(HttpClient):  # type: ignore[misc] # the library is seen as untyped
    """Twilio's library over our line: our base address, our deadline, our classes of answers."""

    def __init__(self, line: Line, account_sid: str, auth_token: str) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False)
        self._line = line
        key = b64encode(f"{account_sid}:{auth_token}".encode()).decode()
        self._authorization = f"Basic {key}"
        self._seen = _Seen()

    def forget(self) -> None:
        self._seen.reply = None

    def success(self) -> Reply | None:
        """What the last call of this thread brought back, if it was a success."""
        return self._seen.reply

    def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,  # noqa: ARG002 - ours is encoded once
        timeout: float | None = None,  # noqa: ARG002 - the line has its own
        allow_redirects: bool = False,  # noqa: ARG002 - never
    ) -> Response:
        self._seen.reply = None
        query = f"?{urlencode(params, doseq=True)}" if params else ""
        reply = self._line.call(
            method,
            urlsplit(uri).path + query,
            headers={**(headers or {}), "Authorization": self._authorization},
            body=urlencode(data or {}, doseq=True).encode(),
        )
        if not 200 <= reply.status < 300:
            raise Declined(reply)
        self._seen.reply = reply
        return Response(reply.status, reply.body.decode(errors="replace"), reply.headers)
