"""Accepts one call, with the scripted faults before acceptance, after it, or in the answer."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from pipelines.sandbox.callbacks import Callbacks
from pipelines.sandbox.faults import Action, Faults, Rule
from pipelines.sandbox.journal import Accepted, Journal
from pipelines.sandbox.server import TRANSPORT
from pipelines.sandbox.service import Wording

NOT_THE_API = "<html><body>Something else answered here.</body></html>"


class Desk:
    """Accepts messages and writes them to the journal."""

    def __init__(self, journal: Journal, callbacks: Callbacks, faults: Faults) -> None:
        self._journal = journal
        self._callbacks = callbacks
        self._faults = faults

    async def take(self, messages: Sequence[Accepted], wording: Wording) -> Response:
        """Accept or refuse the messages of one call, and return the service's answer."""
        rules = self._faults.hits(messages) if self._faults.rules else []
        for rule in rules:
            if rule.action == Action.DELAY:
                await asyncio.sleep(rule.seconds)
        for rule in rules:
            if (refusal := _refusal(rule, wording)) is not None:
                return refusal
        messages = _with_fates(messages, rules)
        self._journal.append(messages)
        await self._report(messages, rules)
        return _answer(messages, rules, wording)

    async def _report(self, messages: Sequence[Accepted], rules: Sequence[Rule]) -> None:
        if any(rule.action == Action.CALLBACKS_BEFORE for rule in rules):
            await self._callbacks.post_before_the_answer(messages, rules)
        else:
            self._callbacks.plan(messages, rules)


def _refusal(rule: Rule, wording: Wording) -> Response | None:
    """The answer to a call that this rule refuses, or None."""
    match rule.action:
        case Action.TOO_MANY:
            return wording.too_many(rule.seconds)
        case Action.ERROR_BEFORE:
            return wording.broken()
        case Action.RESET:
            return Torn(reset=True)
    fault = wording.faults.get(rule.action)
    return fault.answer(rule.seconds) if fault else None


def _with_fates(messages: Sequence[Accepted], rules: Sequence[Rule]) -> Sequence[Accepted]:
    for rule in rules:
        if rule.action == Action.FATE and rule.fate is not None:
            messages = [
                message._replace(fate=rule.fate) if rule.concerns(message) else message
                for message in messages
            ]
    return messages


def _answer(messages: Sequence[Accepted], rules: Sequence[Rule], wording: Wording) -> Response:
    success = wording.success(messages)
    for rule in rules:
        if rule.action in SPOILED:
            return SPOILED[rule.action](success, rule, wording)
    return success


def _dripping(whole: Response, seconds: float) -> Response:
    data = bytes(whole.body)

    async def drops() -> AsyncIterator[bytes]:
        for index in range(len(data)):
            yield data[index : index + 1]
            await asyncio.sleep(seconds / len(data))

    headers = {name: value for name, value in whole.headers.items() if name != "content-length"}
    return StreamingResponse(drops(), whole.status_code, headers)


class Torn(Response):
    """Not an answer: the connection is closed or reset, perhaps after a slow, incomplete header."""

    def __init__(self, *, reset: bool, crawl: float = 0) -> None:
        super().__init__()
        self._reset = reset
        self._crawl = crawl

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - nothing is sent
        transport: Any = scope[TRANSPORT]
        head = b"HTTP/1.1 201 Created\r\nX-Slow: " + b"." * 200
        if self._crawl:
            for index in range(len(head)):
                if transport.is_closing():
                    break
                transport.write(head[index : index + 1])
                await asyncio.sleep(self._crawl / len(head))
        if self._reset:
            # A linger time of zero turns the close into a reset (RFC 9293 3.10.4; socket(7)).
            plain = transport.get_extra_info("socket")
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


# Faults of messages that were accepted although the answer does not say so.
SPOILED: dict[str, Callable[[Response, Rule, Wording], Response]] = {
    Action.ERROR_AFTER: lambda _success, _rule, wording: wording.broken(),
    Action.LOST_ANSWER: lambda _success, _rule, _wording: Torn(reset=False),
    Action.UNREADABLE: lambda success, _rule, _wording: HTMLResponse(NOT_THE_API, success.status_code),
    Action.NO_ID: lambda _success, _rule, wording: wording.no_id(),
    Action.SLOW_BODY: lambda success, rule, _wording: _dripping(success, rule.seconds),
    Action.SLOW_HEADERS: lambda _success, rule, _wording: Torn(reset=False, crawl=rule.seconds),
}
