"""What a simulated service says of itself: its paths, what becomes of messages, its callbacks, and how people see them."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple

from starlette.responses import Response
from starlette.routing import Route

from pipelines.sandbox.config import SandboxConfig
from pipelines.sandbox.index import Index
from pipelines.sandbox.journal import Accepted

MARKS = frozenset({"waiting", "moving", "done", "needs"})  # the four state marks of the pages


class Step(NamedTuple):
    """One step of a fate: the state in the service's own word, seconds after acceptance, the service's error code."""

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
    """A fault that only one service has: the call is not accepted, and `answer` is given the rule's `seconds`."""

    meaning: str
    answer: Callable[[float], Response]


@dataclass(frozen=True, slots=True)
class Frame:
    """In what a person sees messages: a phone, a mailbox, a call, a menu …

    `template` is a file in the service's folder with a macro `message(seen, whole)`; `look` is a class in its `style.css`.
    """

    template: str
    title: str
    look: str
    oldest_first: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """How a service words the answers to one kind of call."""

    success: Callable[[Sequence[Accepted]], Response]
    no_id: Callable[[], Response]
    too_many: Callable[[float], Response]
    broken: Callable[[], Response]
    faults: Mapping[str, Fault] = field(default_factory=dict)


# Accepts the messages of one call, or not, and returns the answer in the service's words.
Take = Callable[[Sequence[Accepted], Wording], Awaitable[Response]]


class Service(ABC):
    """One simulated service. Its folder's `__init__.py` names the class as `SERVICE`.

    `name` is the folder's name and `title` what people call it. `credentials` are what clients sign in with; each is the
    secret `<name>_<credential>`. `fates` says what becomes of accepted messages, by name, and `states` how the pages
    show each state of a fate. `frames` are by channel, and the first serves every other channel. `faults` are the service's
    own. `timeout` and `retries` are seconds: for one callback, and until each next try of one that failed.
    `callback_parts` are the parts of content that callbacks repeat; no other part is kept in the queue.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    credentials: ClassVar[tuple[str, ...]]
    fates: ClassVar[Mapping[str, Sequence[Step]]]
    states: ClassVar[Mapping[str, State]]
    frames: ClassVar[Mapping[str, Frame]]
    special: ClassVar[Sequence[tuple[str, str]]] = ()  # addresses with a fate of their own, and what happens
    faults: ClassVar[Mapping[str, Fault]] = {}
    timeout: ClassVar[float] = 15.0
    retries: ClassVar[tuple[float, ...]] = ()
    callback_parts: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.secrets = {name: config.secrets[f"{self.name}_{name}"] for name in self.credentials}

    @abstractmethod
    def routes(self, take: Take, index: Index) -> list[Route]:
        """The service's paths. `take` accepts messages; `index` finds what was accepted."""

    @abstractmethod
    def callback(self, message: Accepted, change: Change, url: str) -> tuple[bytes, dict[str, str]]:
        """Body and headers, signed, of the callback that reports this change to `url`."""

    def tries_again(self, status: int | None) -> bool:
        """Whether a callback that was answered with `status`, or with nothing (None), is sent again."""
        return status is None

    def details(self, message: Accepted) -> Mapping[str, Any]:  # noqa: ARG002 - most records say it all
        """What the service's frame shows beside the record itself."""
        return {}

    def frame(self, channel: str) -> Frame:
        """The frame for a channel's messages; one that the service does not name looks like the first."""
        if channel in self.frames:
            return self.frames[channel]
        return replace(next(iter(self.frames.values())), title=channel.capitalize())

    def changes(self, message: Accepted) -> list[Change]:
        """What happens to a message after acceptance, in order: known at once, so that nothing needs to be kept for it."""
        pace = self.config.pace
        return [
            Change(state, message.at + after * pace, code)
            for state, after, code in self.fates.get(message.fate, ())
        ]

    def past_changes(self, message: Accepted, now: float) -> list[Change]:
        """What has happened to a message by `now`."""
        return [change for change in self.changes(message) if change.at <= now]
