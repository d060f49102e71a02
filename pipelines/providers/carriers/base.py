"""What all carriers share: making one call, timing and logging it without personal data, and classifying the answer.

A carrier is a provider that carries messages. Its own folder has only what differs: how messages are encoded, what its codes mean, how
its callbacks are signed.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Self, final
from uuid import UUID

import structlog

from pipelines.domain.replies import InboundReply
from pipelines.domain.sending import (
    Answer,
    CannotBeSent,
    HookRequest,
    OneTimeSignature,
    Outgoing,
    ProviderEvent,
    Verdict,
)
from pipelines.language import Sentence
from pipelines.providers.carriers.account import Account
from pipelines.providers.carriers.failures import Failure
from pipelines.providers.carriers.listing import CannotList, Listed, Listing, Search
from pipelines.providers.carriers.reported import storable
from pipelines.providers.carriers.retry_after import retry_after
from pipelines.providers.carriers.statuses import verdict_of
from pipelines.providers.http.wire import CallFailed, Line, Reply
from pipelines.settings import Settings

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """Timeouts in seconds for connecting and for a whole call; `pool_size` is how many calls may run at once."""

    connect_timeout: float = 5.0
    call_timeout: float = 20.0
    pool_size: int = 64

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(connect_timeout=settings.connect_timeout, call_timeout=settings.call_timeout)


class Declined(Exception):
    """The provider's answer is not a success."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"HTTP {reply.status}")
        self.reply = reply


class Carrier(ABC):
    """A provider that carries messages. Safe to use from many threads.

    `account` has the address and credentials; carriers may share one. `batch_size` is the maximum number of messages in one call.
    `opt_out_codes` are the error codes that mean that the person has opted out. `failures` says what the codes about one message mean, and
    `unlisted_failure` what those mean that it does not list (None: nothing is known). `sender_pattern` matches a valid sender (`re.ASCII`), `sender_form`
    describes one in English words, which a catalogue may translate as `sender_form_<name>`. `sandbox_senders` are the senders, by channel,
    that a new client gets while the sandbox stands in for the provider; empty if the sandbox does not simulate it. `listing_lag` is how
    long an accepted message may be missing from the provider's list; None if there is no list. `listing_kept` is how long a message surely
    stays in it. `report_after` is how long a final report may take before it is asked for.
    """

    name: ClassVar[str]
    channels: ClassVar[frozenset[str]]
    batch_size: ClassVar[int]
    account: ClassVar[Account]
    opt_out_codes: ClassVar[frozenset[str]] = frozenset()
    failures: ClassVar[Mapping[str, Failure]] = {}
    unlisted_failure: ClassVar[Failure | None] = None
    sender_pattern: ClassVar[str] = r"\S(.{0,318}\S)?"
    sender_form: ClassVar[str] = "a number or an address"
    sandbox_senders: ClassVar[Mapping[str, str]] = {}
    listing_lag: ClassVar[timedelta | None] = None
    listing_kept: ClassVar[timedelta] = timedelta(days=1)
    report_after: ClassVar[timedelta] = timedelta(minutes=30)

    @final
    @classmethod
    def sender_described(cls) -> Sentence:
        """What a sender has to look like, within a sentence."""
        return Sentence(f"sender_form_{cls.name}", {"text": cls.sender_form})

    @classmethod
    def normalise_sender(cls, sender: str) -> str:
        """A sender that matches `sender_pattern`, as the provider accepts it."""
        return sender

    def __init__(self, base_url: str, credentials: Mapping[str, str], limits: Limits) -> None:  # noqa: ARG002
        """`credentials` are those of `account`, by key; a subclass keeps what it needs."""
        self.line = Line(
            base_url,
            connect_timeout=limits.connect_timeout,
            call_timeout=limits.call_timeout,
            pool_size=limits.pool_size,
        )

    @final
    @classmethod
    def configured(cls, settings: Settings, secrets: Mapping[str, str]) -> Self:
        """The carrier with its address and credentials from the settings, else the sandbox's. Raises SettingsError."""
        credentials = cls.account.sign_in(settings, secrets)
        return cls(cls.account.base_url(settings), credentials, Limits.of(settings))

    @abstractmethod
    def verify_signature(self, request: HookRequest) -> bool:
        """Whether the provider signed this callback."""

    @abstractmethod
    def read_events(self, request: HookRequest) -> list[ProviderEvent]:
        """The events of a callback, in our terms. Raises ValueError when the body is malformed."""

    @abstractmethod
    def read_body(self, request: HookRequest) -> dict[str, Any]:
        """The complete body, as it is stored with the events. Raises ValueError like `read_events`."""

    def read_replies(self, request: HookRequest) -> list[InboundReply]:  # noqa: ARG002 - not every provider passes on replies
        """The people's answers in a call to `/hooks/<name>/replies`. Raises ValueError when the body is malformed or is none of these."""
        raise ValueError(f"{self.name} passes on no replies")

    @classmethod
    def confirms_opt_out(cls, sender: str) -> bool:  # noqa: ARG003
        """Whether the provider itself confirms STOP and START to this sender, so that we must not do it again."""
        return False

    @classmethod
    def yes_lifts_stop(cls, number: str) -> bool:  # noqa: ARG003
        """Whether the provider lifts its block after STOP when the person answers YES to this number of ours."""
        return False

    def one_time(self, request: HookRequest) -> OneTimeSignature | None:  # noqa: ARG002 - most signatures cover the body
        """Binds a verified signature to one body, for providers whose signature does not cover the body."""
        return None

    @abstractmethod
    def call(
        self, messages: Sequence[Outgoing], *, channel: str, sender: str, callback_url: str | None
    ) -> Answer:
        """Make the one HTTP call.

        Raises Declined for an unsuccessful answer, CallFailed when there is no complete answer, CannotBeSent before the call is made.
        Whatever else it raises leaves its messages unknown.
        """

    @abstractmethod
    def refusal(self, reply: Reply, count: int) -> tuple[Verdict | None, str | None]:
        """The verdict and error code in the body of an unsuccessful answer to `count` messages; None for what it does not say."""

    def find(self, search: Search) -> Listing:  # noqa: ARG002
        """What the provider has of the messages of a search. Raises CannotList if it has no list, else like `report`."""
        raise CannotList

    def list_days(self, first: date, last: date) -> Iterator[list[Listed]]:  # noqa: ARG002
        """Everything that the account accepted on these days in UTC, both inclusive, page by page; without texts. Raises like `find`."""
        raise CannotList

    def report(self, reference: str) -> list[ProviderEvent]:  # noqa: ARG002
        """What has become of the messages of the call with this reference.

        Raises CannotList if the provider cannot be asked; Declined, CallFailed or ValueError when it does not give a readable answer.
        """
        raise CannotList

    def send(
        self, messages: Sequence[Outgoing], *, channel: str, sender: str, callback_url: str | None
    ) -> Answer:
        """Send up to `batch_size` messages of one channel in one HTTP call and classify the answer; never retries.

        `sender` is the number or address they come from; `callback_url` is where the provider reports their status.
        Raises CannotBeSent for a batch that must not be sent as it is.
        """
        if not 1 <= len(messages) <= self.batch_size:
            raise CannotBeSent(
                f"{self.name} takes 1 to {self.batch_size} messages per call, not {len(messages)}"
            )
        started = time.monotonic()
        answer = storable(self._answer(messages, channel, sender, callback_url))
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
            return self._classify(declined.reply, len(messages))

    def _classify(self, reply: Reply, count: int) -> Answer:
        verdict, code = self.refusal(reply, count)
        verdict = verdict or verdict_of(reply.status)
        return Answer(
            verdict,
            http_status=reply.status,
            error_code=code,
            retry_after=retry_after(reply.headers, datetime.now(UTC)) if verdict is Verdict.RETRY else None,
        )


def as_uuid(text: str) -> UUID | None:
    """An attempt's id from a callback; None for anything else, because callbacks are untrusted input."""
    try:
        return UUID(text)
    except ValueError:
        return None


def unreadable(status: int | None) -> Answer:
    """The answer for a success whose body cannot be read: accepted, but without the provider's reference."""
    return Answer(Verdict.UNKNOWN, http_status=status, error_code="unreadable_answer")
