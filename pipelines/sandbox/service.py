"""The base class of simulated services: paths, fates of messages, callbacks, and how messages are shown."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple

from starlette.responses import Response
from starlette.routing import Route

from pipelines.sandbox.config import SandboxConfig
from pipelines.sandbox.journal import Accepted
from pipelines.sandbox.listing import Listing

MARKS = frozenset({"waiting", "moving", "done", "needs"})  # the four state marks of the pages


class Step(NamedTuple):
    """One step of a fate: the state in the service's own term, seconds after acceptance, the service's error code."""

    state: str
    after: float
    code: int | None = None


class Change(NamedTuple):
    """A step of one message's fate; `at` is in seconds since 1970."""

    state: str
    at: float
    code: int | None


class State(NamedTuple):
    """A state as the pages show it: in plain words, with one of the four marks."""

    words: str
    mark: str


class Fault(NamedTuple):
    """A fault that only one service has: the call is not accepted. `answer` gets the rule's `seconds`."""

    meaning: str
    answer: Callable[[float], Response]


@dataclass(frozen=True, slots=True)
class Frame:
    """What a person sees messages in: a phone, a mailbox, a call, a menu …

    `template` is a file in the service's folder with a macro `message(seen, whole)`; `look` is a class in its `style.css`.
    """

    template: str
    title: str
    look: str
    oldest_first: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """The answers of a service to one kind of call."""

    success: Callable[[Sequence[Accepted]], Response]
    no_id: Callable[[], Response]
    too_many: Callable[[float], Response]
    broken: Callable[[], Response]
    faults: Mapping[str, Fault] = field(default_factory=dict)


# Accepts or refuses the messages of one call, and returns the service's answer.
Take = Callable[[Sequence[Accepted], Wording], Awaitable[Response]]


class Service(ABC):
    """One simulated service. Its folder's `__init__.py` names the class as `SERVICE`.

    `name` is the folder's name, `title` the name for people. `credentials` are what clients authenticate with; each is the
    secret `<name>_<credential>`. `fates` are the possible courses of accepted messages by name, and `states` how the pages
    show each state. `frames` are by channel; the first is also used for all other channels. `faults` are those of this
    service alone. `timeout` is in seconds for one callback; `retries` are the seconds before each retry of a failed one.
    `callback_parts` are the parts of the content that callbacks repeat; only these are kept in the queue.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    credentials: ClassVar[tuple[str, ...]]
    fates: ClassVar[Mapping[str, Sequence[Step]]]
    states: ClassVar[Mapping[str, State]]
    frames: ClassVar[Mapping[str, Frame]]
    special: ClassVar[Sequence[tuple[str, str]]] = ()  # addresses with a special fate, and what happens
    faults: ClassVar[Mapping[str, Fault]] = {}
    timeout: ClassVar[float] = 15.0
    retries: ClassVar[tuple[float, ...]] = ()
    callback_parts: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.secrets = {name: config.secrets[f"{self.name}_{name}"] for name in self.credentials}

    @abstractmethod
    def routes(self, take: Take, listing: Listing) -> list[Route]:
        """The service's paths. `take` accepts messages; `listing` finds accepted ones."""

    @abstractmethod
    def callback(self, message: Accepted, change: Change, url: str) -> tuple[bytes, dict[str, str]]:
        """Body and headers, signed, of the callback that reports this change to `url`."""

    def reply(self, message: Accepted, text: str, url: str) -> tuple[bytes, dict[str, str]] | None:  # noqa: ARG002
        """Body and headers, signed, of the call to `url` that passes on the person's answer to this message; None if nobody can answer."""
        return None

    def tries_again(self, status: int | None) -> bool:
        """Whether a callback is retried after this `status` (None: no answer)."""
        return status is None

    def details(self, message: Accepted) -> Mapping[str, Any]:  # noqa: ARG002 - most records need no details
        """What the service's frame shows in addition to the record."""
        return {}

    def frame(self, channel: str) -> Frame:
        """The frame for a channel's messages; by default the first one."""
        if channel in self.frames:
            return self.frames[channel]
        return replace(next(iter(self.frames.values())), title=channel.capitalize())

    def changes(self, message: Accepted) -> list[Change]:
        """What happens to a message after acceptance, in order. It follows from the record, so no further state is stored."""
        pace = self.config.pace
        return [
            Change(state, message.at + after * pace, code)
            for state, after, code in self.fates.get(message.fate, ())
        ]

    def past_changes(self, message: Accepted, now: float) -> list[Change]:
        """What has happened to a message by `now`."""
        return [change for change in self.changes(message) if change.at <= now]
