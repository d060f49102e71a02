"""Sends back what became of the messages: signed as the provider signs, in the background, a few at once."""

import asyncio
import hashlib
import heapq
import hmac
import itertools
import json
import secrets
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from pipelines.sandbox.config import SandboxConfig
from pipelines.sandbox.events import mailgun_event
from pipelines.sandbox.fates import Turn, turns
from pipelines.sandbox.faults import Action, Rule
from pipelines.sandbox.journal import Accepted, Called, Journal
from pipelines.sandbox.post import Poster

PATIENCE = {"sms": 15.0, "email": 15.0}  # seconds for one callback; Twilio's connection overrides page
# Seconds until it is tried again: Twilio once and only when nobody answered, Mailgun after every failure but a 406.
# Mailgun's own 5 minutes to 4 hours are shortened to seconds.
AGAIN = {"sms": (1.0,), "email": (2.0, 4.0, 8.0)}
NEVER_AGAIN = 406
BUSY_FOR = 0.1  # seconds after a call was taken in
BUSY_PACE = 100  # callbacks a second while calls are being taken in: reporting must not slow down accepting


@dataclass(frozen=True, slots=True)
class Due:
    """One callback to be sent: what happened to which message. No body is kept."""

    message: Accepted
    turn: Turn
    url: str
    tries: int = 0
    hurried: bool = False  # a script wants it fast: it is not slowed down while calls are being taken in


class Callbacks:
    """The queue of callbacks and the workers that send them."""

    def __init__(self, config: SandboxConfig, journal: Journal) -> None:
        self._config = config
        self._journal = journal
        self._poster = Poster()
        self._heap: list[tuple[float, int, Due]] = []
        self._order = itertools.count()
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._taken_at = 0.0
        self.sent = 0

    @property
    def waiting(self) -> int:
        return len(self._heap)

    def busy(self, seconds: float) -> bool:
        """Whether a call was taken in within the last `seconds`."""
        return time.monotonic() - self._taken_at < seconds

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._work()) for _ in range(self._config.callbacks_at_once)]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._poster.close()

    def plan(self, messages: Sequence[Accepted], rules: Sequence[Rule]) -> None:
        """Queue what these messages will report, bent by the rules that concern each of them."""
        self._taken_at = time.monotonic()
        for at, due in self._planned(messages, rules):
            self._push(at, due)
        self._news.set()

    async def post_before_the_answer(self, messages: Sequence[Accepted], rules: Sequence[Rule]) -> None:
        """Report all of it now, and return when the other side has answered to it."""
        for _at, due in self._planned(messages, rules):
            await self._send(due)

    def _planned(self, messages: Sequence[Accepted], rules: Sequence[Rule]) -> Iterator[tuple[float, Due]]:
        for message in messages:
            url = message.callback if message.channel == "sms" else self._config.mailgun_webhook
            if url:
                yield from self._course(message, url, [rule for rule in rules if rule.concerns(message.to)])

    def _course(self, message: Accepted, url: str, rules: Sequence[Rule]) -> Iterator[tuple[float, Due]]:
        # The text is not needed any more, and a long queue must not hold it.
        slim = message._replace(body="", html=None)
        course = list(turns(message.channel, message.fate, message.at, self._config))
        times = [turn.at for turn in course]
        copies, hurried = 1, False
        for rule in rules:
            match rule.action:
                case Action.CALLBACKS_DROPPED:
                    return
                case Action.CALLBACKS_LATE:
                    times = [at + rule.seconds for at in times]
                case Action.CALLBACKS_REPEATED:
                    copies = rule.times
                case Action.CALLBACKS_REORDERED:
                    times.reverse()
                case Action.CALLBACKS_AT_ONCE:
                    times, hurried = [message.at] * len(times), True
                case Action.CALLBACKS_IN_BURSTS:
                    times, hurried = [_next_burst(at, rule.seconds) for at in times], True
        for at, turn in zip(times, course, strict=True):
            for _ in range(copies):
                yield at, Due(slim, turn, url, hurried=hurried)

    def _push(self, at: float, due: Due) -> None:
        heapq.heappush(self._heap, (at, next(self._order), due))

    async def _work(self) -> None:
        while True:
            due = await self._next()
            await self._send(due)
            if self.busy(BUSY_FOR) and not due.hurried:
                await asyncio.sleep(self._config.callbacks_at_once / BUSY_PACE)

    async def _next(self) -> Due:
        while True:
            wait = self._heap[0][0] - time.time() if self._heap else None
            if wait is not None and wait <= 0:
                return heapq.heappop(self._heap)[2]
            self._news.clear()
            try:
                async with asyncio.timeout(wait):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _send(self, due: Due) -> None:
        channel = due.message.channel
        body, headers = (_twilio if channel == "sms" else _mailgun)(due, self._config)
        status, error = None, None
        try:
            status = await self._poster.post(due.url, body, headers, PATIENCE[channel])
        except (OSError, ValueError) as failure:
            error = type(failure).__name__
        self.sent += 1
        turn = due.turn
        self._journal.append(
            [Called(due.message.id, due.message.to, turn.state, time.time(), due.url, status, error)]
        )
        failed = status is None or (channel == "email" and status // 100 != 2 and status != NEVER_AGAIN)
        if failed and due.tries < len(AGAIN[channel]):
            self._push(time.time() + AGAIN[channel][due.tries], replace(due, tries=due.tries + 1))
            self._news.set()


def _next_burst(at: float, seconds: float) -> float:
    """The end of the stretch of so many seconds in which this moment lies."""
    return (at // seconds + 1) * seconds if seconds else at


def twilio_signature(token: str, url: str, form: dict[str, str]) -> str:
    """https://www.twilio.com/docs/usage/security#validating-requests, written from the page and not by their library."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    return b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def mailgun_signature(key: str, timestamp: str, token: str) -> str:
    """https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks"""
    return hmac.new(key.encode(), (timestamp + token).encode(), hashlib.sha256).hexdigest()


def _twilio(due: Due, config: SandboxConfig) -> tuple[bytes, dict[str, str]]:
    form = {
        "AccountSid": config.twilio_account_sid,
        "ApiVersion": "2010-04-01",
        "From": due.message.sender,
        "MessageSid": due.message.id,
        "MessageStatus": due.turn.state,
        "SmsSid": due.message.id,
        "SmsStatus": due.turn.state,
        "To": due.message.to,
    }
    if due.turn.code is not None:
        form["ErrorCode"] = str(due.turn.code)
    return urlencode(form).encode(), {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "User-Agent": "TwilioProxy/1.1",
        "X-Twilio-Signature": twilio_signature(config.twilio_auth_token, due.url, form),
    }


def _mailgun(due: Due, config: SandboxConfig) -> tuple[bytes, dict[str, str]]:
    timestamp, token = str(int(time.time())), secrets.token_hex(25)
    signature = mailgun_signature(config.mailgun_signing_key, timestamp, token)
    body = {
        "signature": {"timestamp": timestamp, "token": token, "signature": signature},
        "event-data": mailgun_event(due.message, due.turn),
    }
    return json.dumps(body).encode(), {"Content-Type": "application/json", "User-Agent": "Go-http-client/1.1"}
