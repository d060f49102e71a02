"""The providers' callbacks: the signature is checked on the raw body, the event is stored, and only then we answer "done" (S12)."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import TypeVar

import structlog
from anyio import CapacityLimiter, to_thread
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Receive, Scope, Send

from pipelines.actions.messages.comparable import comparable
from pipelines.actions.people.read_replies import read_replies
from pipelines.actions.people.take_replies import take_replies
from pipelines.bootstrap import Packetboat
from pipelines.domain.sending import HookRequest
from pipelines.events.apply import apply_alone
from pipelines.events.inbox import Callback
from pipelines.providers.carriers import carrier_named, carriers
from pipelines.providers.carriers.base import Carrier
from pipelines.replies.refusals import Refusals
from pipelines.store.received import SignatureReused
from webapp.body import CallerLeft, TooLong, read_whole
from webapp.public.answers import empty
from webapp.public.drain import Drain
from webapp.public.writer import NotStored, Writer

log = structlog.get_logger(__name__)

HOOKS, REPLIES = "/hooks/", "/replies"  # /hooks/<name> and /hooks/<name>/replies
THREADS = 8
MAX_BYTES = 256 * 1024
TIMEOUT = 12.0  # seconds from the whole body to the answer, whatever is waited for; Twilio gives up after 15
# Mailgun takes 200 for 'done' and 406 for 'do not retry', and retries after any other status, even 204
# (https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-retries). For others 406 is a refusal like any other.
REPEATED = "repeated"
DONE, FORBIDDEN, NO_SUCH_HOOK, NOT_ALLOWED, DO_NOT_RETRY, TOO_LONG, LATER = 200, 403, 404, 405, 406, 413, 503


T = TypeVar("T")
SMALL = 16 * 1024  # bytes that are read at once; a longer body must not delay the others

# Reads a call, or raises ValueError; what it returns stores the content, or raises SignatureReused.
Store = Callable[[], Awaitable[None]]
Read = Callable[[Carrier, HookRequest], Store]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call is refused, and what the provider is told."""

    reason: str
    status: int


class Hooks:
    """The providers' hooks as an ASGI application, with threads and database connections that no page can take.

    `/hooks/<name>` takes status callbacks, `/hooks/<name>/replies` the answers of people. Both answer 200 once the content is on disk, 403 for
    a wrong signature, 406 for what can never be accepted, 503 if the provider should repeat it.
    """

    def __init__(self, boat: Packetboat, engine: Engine) -> None:
        self._boat = boat
        self._engine = engine
        self._base_url = boat.settings.callback_base
        self._applied = Drain(engine, "event drain", apply_alone)
        self._writer = Writer(engine, self._applied.wake)
        self._replies = Drain(engine, "reply drain", read_replies)
        self._refusals = Refusals(engine)
        self._carriers: dict[str, Carrier] = {}
        self._threads = CapacityLimiter(THREADS)
        self._reads: dict[str, Read] = {"": self._events, REPLIES: self._answers}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await empty(await self._answer(scope, receive))(scope, receive, send)

    def begin(self) -> None:
        """Process what was stored before this process started, such as a STOP whose reader was killed."""
        self._applied.wake()
        self._replies.wake()

    async def close(self) -> None:
        """End the storing of callbacks and close its connection."""
        await self._writer.close()

    async def _answer(self, scope: Scope, receive: Receive) -> int:
        name, slash, rest = scope["path"].removeprefix(HOOKS).partition("/")
        read = self._reads.get(slash + rest)
        if name not in carriers() or read is None:
            return NO_SUCH_HOOK
        if scope["method"] != "POST":
            return NOT_ALLOWED
        try:
            body = await self._body(receive)
            async with asyncio.timeout(TIMEOUT):
                if body is None:
                    await self._in_thread(partial(self._count, name, "too_long"))
                    return TOO_LONG
                return await self._status(self._provider(name), self._as_called(scope, body), read)
        except CallerLeft:  # nobody reads the answer
            await self._in_thread(partial(self._count, name, "cut_off"))
            return FORBIDDEN
        except (SQLAlchemyError, NotStored, TimeoutError) as error:
            log.warning("hook_not_stored", provider=name, error=type(error).__name__)
            return LATER

    async def _body(self, receive: Receive) -> bytes | None:
        """The whole body, or None if it is too long."""
        body = BytesIO()
        try:
            await read_whole(receive, MAX_BYTES, body)
        except TooLong:
            return None
        return body.getvalue()

    async def _status(self, provider: Carrier, called: HookRequest, read: Read) -> int:
        look = partial(self._read, provider, called, read)
        store = look() if len(called.body) <= SMALL else await self._in_thread(look)
        if isinstance(store, Refusal):
            return await self._in_thread(partial(self._refused, provider, called, store))
        try:
            await store()
        except SignatureReused:
            refusal = Refusal("signature_reused", DO_NOT_RETRY)
            return await self._in_thread(partial(self._refused, provider, called, refusal))
        return DONE

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await to_thread.run_sync(work, limiter=self._threads, abandon_on_cancel=True)

    def _read(self, provider: Carrier, called: HookRequest, read: Read) -> Store | Refusal:
        """Check and read a call, without waiting for anything."""
        if not provider.verify_signature(called):
            return Refusal("forged", FORBIDDEN)
        try:
            return read(provider, called)
        except ValueError:
            return Refusal("unreadable", DO_NOT_RETRY)

    def _events(self, provider: Carrier, called: HookRequest) -> Store:
        events = comparable(provider, provider.read_events(called))
        callback = Callback(events, provider.read_body(called), provider.one_time(called))

        async def store() -> None:
            stored = await self._writer.store(callback)
            if isinstance(stored, SignatureReused):
                raise stored
            if stored == 0:
                await self._in_thread(partial(self._count, provider.name, REPEATED))

        return store

    def _answers(self, provider: Carrier, called: HookRequest) -> Store:
        replies, once = provider.read_replies(called), provider.one_time(called)

        def take() -> None:
            if take_replies(self._engine, provider, replies, once):
                self._replies.wake()
            elif replies:
                self._count(provider.name, REPEATED)

        async def store() -> None:
            await self._in_thread(take)

        return store

    def _refused(self, provider: Carrier, called: HookRequest, refusal: Refusal) -> int:
        log.warning("hook_refused", provider=provider.name, reason=refusal.reason, bytes=len(called.body))
        self._count(provider.name, refusal.reason)
        return refusal.status

    def _count(self, provider: str, reason: str) -> None:
        """Count what was refused, or changed nothing since we have it already; doctor tells it."""
        with suppress(SQLAlchemyError):  # the log has it
            self._refusals.count(provider, reason)

    def _provider(self, name: str) -> Carrier:
        """The provider, created once, because it sets up its keys and its library."""
        if name not in self._carriers:
            self._carriers[name] = carrier_named(name, self._boat.settings, self._boat.secrets)
        return self._carriers[name]

    def _as_called(self, scope: Scope, body: bytes) -> HookRequest:
        """The callback with the URL that the provider was given: from our settings, never from the request (docs/protocols.md#twilio)."""
        query = scope["query_string"].decode("latin-1")
        return HookRequest(
            url=f"{self._base_url}{scope['path']}" + (f"?{query}" if query else ""),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            body=body,
        )
