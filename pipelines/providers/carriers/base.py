"""What every carrier shares: one call, timed and logged without a word about the person, and answers put into classes.

A carrier is a provider that carries messages. Its own folder says only what differs: how a message is encoded, what its codes mean, how
its callbacks are signed.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, Self, final
from uuid import UUID

import structlog

from pipelines.domain.sending import Answer, HookRequest, OneTimeSignature, Outgoing, ProviderEvent, Verdict
from pipelines.providers.carriers.account import Account
from pipelines.providers.http.wire import CallFailed, Line, Reply
from pipelines.settings import Settings

log = structlog.get_logger(__name__)

MILLISECONDS_FROM = 1e11  # a reset time above this is in milliseconds since 1970, not in seconds


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for reaching a provider and for a whole call; how many calls may be under way at once."""

    connect_timeout: float = 5.0
    call_timeout: float = 20.0
    pool_size: int = 64

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(connect_timeout=settings.connect_timeout, call_timeout=settings.call_timeout)


class Declined(Exception):
    """The provider answered, and the answer is not a success."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"HTTP {reply.status}")
        self.reply = reply


class Carrier(ABC):
    """A provider that carries messages. One object serves many threads.

    `account` says how it is reached and what signs in; two carriers may share one. `batch_size` is how many messages go into one call.
    `opt_out_codes` are refusals by which the provider says that this person has asked for no more. `sender_pattern` is what a sender
    has to look like, `sender_form` the same in words. `sandbox_senders` are the senders, by channel, that a new client gets while the
    sandbox answers for the provider; none where the sandbox does not simulate it.
    """

    name: ClassVar[str]
    channels: ClassVar[frozenset[str]]
    batch_size: ClassVar[int]
    account: ClassVar[Account]
    opt_out_codes: ClassVar[frozenset[str]] = frozenset()
    sender_pattern: ClassVar[str] = r"\S(.{0,318}\S)?"
    sender_form: ClassVar[str] = "a number or an address"
    sandbox_senders: ClassVar[Mapping[str, str]] = {}

    def __init__(self, base_url: str, credentials: Mapping[str, str], limits: Limits) -> None:  # noqa: ARG002
        """`credentials` are those of `account`, by their keys: a subclass keeps what it needs."""
        self.line = Line(
            base_url,
            connect_timeout=limits.connect_timeout,
            call_timeout=limits.call_timeout,
            pool_size=limits.pool_size,
        )

    @final
    @classmethod
    def configured(cls, settings: Settings, secrets: Mapping[str, str]) -> Self:
        """The carrier as the settings say, or at the sandbox with the generated secrets. Raises SettingsError."""
        credentials = cls.account.sign_in(settings, secrets)
        return cls(cls.account.base_url(settings), credentials, Limits.of(settings))

    @abstractmethod
    def verify_signature(self, request: HookRequest) -> bool:
        """Whether this callback was signed by the provider."""

    @abstractmethod
    def read_events(self, request: HookRequest) -> list[ProviderEvent]:
        """What a callback tells, in our words. Raises ValueError when the body can never be read."""

    @abstractmethod
    def read_body(self, request: HookRequest) -> dict[str, Any]:
        """The body as it is kept beside the events, nothing left out. Raises ValueError like `read_events`."""

    def one_time(self, request: HookRequest) -> OneTimeSignature | None:  # noqa: ARG002 - most signatures cover the body
        """What makes a verified callback good for one body alone, where its signature leaves the body out."""
        return None

    @abstractmethod
    def call(
        self, messages: Sequence[Outgoing], *, channel: str, sender: str, callback_url: str | None
    ) -> Answer:
        """Make the one HTTP call. An answer that is no success comes out as Declined, a lost one as CallFailed."""

    @abstractmethod
    def refusal(self, reply: Reply, count: int) -> tuple[Verdict | None, str | None]:
        """What the body of an unsuccessful answer to `count` messages says: a verdict, if it decides one, and a code."""

    def send(
        self, messages: Sequence[Outgoing], *, channel: str, sender: str, callback_url: str | None
    ) -> Answer:
        """Send up to `batch_size` messages of one channel in one HTTP call and say what came of it; never tries twice.

        `sender` is the number or address they come from; `callback_url` is where the provider reports to.
        Raises ValueError for a batch that must not be sent as it is.
        """
        if not 1 <= len(messages) <= self.batch_size:
            raise ValueError(f"{self.name} takes 1 to {self.batch_size} messages a call, not {len(messages)}")
        started = time.monotonic()
        answer = self._answer(messages, channel, sender, callback_url)
        record = log.debug if answer.verdict is Verdict.ACCEPTED else log.warning
        record(
            "provider_call",
            provider=self.name,
            channel=channel,
            messages=len(messages),
            verdict=answer.verdict.value,
            http_status=answer.http_status,
            error_code=answer.error_code,
            seconds=round(time.monotonic() - started, 4),
        )
        return answer

    def close(self) -> None:
        """Close the idle connections."""
        self.line.close()

    def _answer(
        self, messages: Sequence[Outgoing], channel: str, sender: str, callback_url: str | None
    ) -> Answer:
        try:
            return self.call(messages, channel=channel, sender=sender, callback_url=callback_url)
        except CallFailed as failed:
            verdict = Verdict.UNKNOWN if failed.written else Verdict.RETRY
            return Answer(verdict, error_code=failed.reason)
        except Declined as declined:
            return self._classified(declined.reply, len(messages))

    def _classified(self, reply: Reply, count: int) -> Answer:
        verdict, code = self.refusal(reply, count)
        verdict = verdict or verdict_of(reply.status)
        return Answer(
            verdict,
            http_status=reply.status,
            error_code=code,
            retry_after=retry_after(reply.headers, datetime.now(UTC)) if verdict is Verdict.RETRY else None,
        )


def as_uuid(text: str) -> UUID | None:
    """An attempt's id from a callback; anything else is None: callbacks come from outside."""
    try:
        return UUID(text)
    except ValueError:
        return None


def unreadable(status: int | None) -> Answer:
    """A success whose body says nothing we can use: it was taken, but under which name?"""
    return Answer(Verdict.UNKNOWN, http_status=status, error_code="unreadable_answer")


def verdict_of(status: int) -> Verdict:
    """The class of an unsuccessful HTTP status by itself (docs/protocols.md#answers)."""
    if status == 429:
        return Verdict.RETRY
    if status == 408 or status >= 500:
        return Verdict.UNKNOWN
    # A wrong key, a wrong address of the service (404, 405, a redirect): no message would fare better.
    if status in {401, 402, 403, 404, 405} or status < 400:
        return Verdict.PROVIDER_DOWN
    return Verdict.REFUSED


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait: `Retry-After` in seconds or as a date (RFC 9110 10.2.3), else `X-RateLimit-Reset`."""
    wanted = headers.get("Retry-After")
    if wanted is not None:
        try:
            return max(0.0, float(wanted))
        except ValueError:
            return _seconds_until(wanted, now)
    reset = headers.get("X-RateLimit-Reset")
    if reset is None or not reset.isdecimal():
        return None
    at = int(reset) / 1000 if int(reset) > MILLISECONDS_FROM else int(reset)
    return max(0.0, at - now.timestamp())


def _seconds_until(http_date: str, now: datetime) -> float | None:
    try:
        at = parsedate_to_datetime(http_date)
    except ValueError:
        return None
    return max(0.0, (at - now).total_seconds())
