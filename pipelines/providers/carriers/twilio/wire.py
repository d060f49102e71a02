"""Runs Twilio's library over our own HTTP line."""

import logging
import threading
from base64 import b64encode
from urllib.parse import urlencode, urlsplit

from twilio.http import HttpClient
from twilio.http.response import Response

from pipelines.providers.carriers.base import Declined
from pipelines.providers.http.wire import Line, Reply


class _LastSuccess(threading.local):
    """The successful reply to this thread's last call, as it was before Twilio's library read it."""

    reply: Reply | None = None


class LineClient(HttpClient):  # type: ignore[misc] # the library is untyped
    """The HTTP client for Twilio's library: our base address, our deadline, our errors."""

    def __init__(self, line: Line, account_sid: str, auth_token: str) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False)
        self._line = line
        key = b64encode(f"{account_sid}:{auth_token}".encode()).decode()
        self._authorization = f"Basic {key}"
        self._last = _LastSuccess()

    def forget(self) -> None:
        self._last.reply = None

    def success(self) -> Reply | None:
        """The reply to this thread's last call, if it was a success."""
        return self._last.reply

    def get(self, path: str) -> bytes:
        """The body at `path`. Raises Declined or CallFailed."""
        reply = self._line.call("GET", path, headers={"Authorization": self._authorization})
        if reply.status != 200:
            raise Declined(reply)
        return reply.body

    def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,  # noqa: ARG002 - our header is encoded once
        timeout: float | None = None,  # noqa: ARG002 - the line has a deadline
        allow_redirects: bool = False,  # noqa: ARG002 - the line never follows them
    ) -> Response:
        self._last.reply = None
        query = f"?{urlencode(params, doseq=True)}" if params else ""
        reply = self._line.call(
            method,
            urlsplit(uri).path + query,
            headers={**(headers or {}), "Authorization": self._authorization},
            body=urlencode(data or {}, doseq=True).encode(),
        )
        if not 200 <= reply.status < 300:
            raise Declined(reply)
        self._last.reply = reply
        return Response(reply.status, reply.body.decode(errors="replace"), reply.headers)
