"""Scripted faults: what goes wrong, for which requests, how often. The whole script is replaced over HTTP."""

import random
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, TypeAdapter

from pipelines.sandbox.journal import Accepted
from pipelines.sandbox.listing import Trouble
from pipelines.sandbox.service import Service


class Action(StrEnum):
    """The faults that every service has, each with its meaning."""

    meaning: str

    def __new__(cls, name: str, meaning: str) -> Self:
        member = str.__new__(cls, name)
        member._value_ = name
        member.meaning = meaning
        return member

    TOO_MANY = "too_many", "not accepted: 429 with a Retry-After of `seconds`"
    ERROR_BEFORE = "error_before", "not accepted: 500"
    ERROR_AFTER = "error_after", "accepted, then 500"
    RESET = "reset", "not accepted: the connection is reset"
    LOST_ANSWER = "lost_answer", "accepted, then the connection is closed without an answer"
    DELAY = "delay", "accepted after a delay of `seconds`"
    SLOW_HEADERS = "slow_headers", "accepted; the headers of the answer come byte by byte over `seconds`"
    SLOW_BODY = "slow_body", "accepted; the body of the answer comes byte by byte over `seconds`"
    UNREADABLE = "unreadable", "accepted; the answer is an HTML page"
    NO_ID = "no_id", "accepted; the answer has no id"
    CALLBACKS_LATE = "callbacks_late", "callbacks come `seconds` later"
    CALLBACKS_BEFORE = "callbacks_before", "all callbacks are sent before the answer to the call itself"
    CALLBACKS_AT_ONCE = "callbacks_at_once", "all callbacks are due as soon as the message is accepted"
    CALLBACKS_IN_BURSTS = "callbacks_in_bursts", "no callback for `seconds`, then all due callbacks together"
    CALLBACKS_REPEATED = "callbacks_repeated", "each callback is sent `times` times"
    CALLBACKS_REORDERED = "callbacks_reordered", "the last callback comes first"
    CALLBACKS_DROPPED = "callbacks_dropped", "no callback is sent"
    LISTING_LATE = "listing_late", "lists do not show a message until `seconds` after it was accepted"
    LISTING_EMPTY = "listing_empty", "lists are empty"
    LISTING_BROKEN = "listing_broken", "lists are answered with 500"
    FATE = "fate", "the message gets the fate named in `fate`"


COMMON = frozenset[str](Action)
OF_LISTS = frozenset[str]({Action.LISTING_LATE, Action.LISTING_EMPTY, Action.LISTING_BROKEN})


class Rule(BaseModel):
    """One fault rule. It hits a request that matches every given condition.

    `action` is an Action or a fault of one service. `to` is a regular expression searched in the recipient's address (any
    one of a batch); `nth` hits only the nth request that otherwise matches, from 1; `count` is the maximum number of hits;
    `probability` is drawn from `seed`.
    """

    model_config = ConfigDict(extra="forbid")

    action: str
    service: str | None = None
    channel: str | None = None
    to: re.Pattern[str] | None = None
    nth: int | None = Field(None, ge=1)
    count: int | None = Field(None, ge=1)
    probability: float = Field(1.0, ge=0, le=1)
    seed: int = 0
    seconds: float = Field(1.0, ge=0)
    times: int = Field(2, ge=1, le=100)
    fate: str | None = None

    _services: frozenset[str] = PrivateAttr(frozenset())
    _seen: int = PrivateAttr(0)
    _hits: int = PrivateAttr(0)
    _dice: random.Random = PrivateAttr()

    def model_post_init(self, _context: object) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311 - a script must be reproducible

    def bind(self, services: Mapping[str, Service]) -> None:
        """Find the services to which this rule applies. Raises ValueError when there is none."""
        self._services = frozenset(
            name
            for name, service in services.items()
            if self.service in {None, name} and self._is_known_to(service)
        )
        if not self._services:
            raise ValueError(
                f"no service has the fate {self.fate!r}"
                if self.action == Action.FATE
                else f"there is no fault {self.action!r} at {self.service or 'any service'}"
            )

    def _is_known_to(self, service: Service) -> bool:
        if self.action == Action.FATE:
            return self.fate in service.fates
        return self.action in COMMON or self.action in service.faults

    def concerns(self, message: Accepted) -> bool:
        """Whether the rule applies to this message of a request that it hits."""
        return self.channel in {None, message.channel} and (
            self.to is None or self.to.search(message.to) is not None
        )

    def hit(self, messages: Sequence[Accepted]) -> bool:
        """Decide whether the rule hits this request, and count it. All messages of a request belong to one service."""
        if self.action in OF_LISTS or messages[0].service not in self._services:
            return False
        return any(map(self.concerns, messages)) and self._draw()

    def hit_list(self, service: str, to: str | None) -> bool:
        """Decide whether the rule hits this reading of a service's list, perhaps only of the messages to one person."""
        if self.action not in OF_LISTS or service not in self._services:
            return False
        return (self.to is None or (to is not None and self.to.search(to) is not None)) and self._draw()

    def _draw(self) -> bool:
        """Count a request that matches, and decide whether it is hit."""
        self._seen += 1
        if (
            self.nth not in {None, self._seen}
            or self._hits == self.count
            or self._dice.random() >= self.probability
        ):
            return False
        self._hits += 1
        return True

    def report(self) -> dict[str, Any]:
        """The rule as written, with how many requests matched it and how many it hit."""
        written = self.model_dump(mode="json", exclude_defaults=True)
        return {**written, "seen": self._seen, "hits": self._hits}


_SCRIPT = TypeAdapter(list[Rule])


class Faults:
    """The active fault rules."""

    def __init__(self, services: Mapping[str, Service]) -> None:
        self._services = services
        self.rules: list[Rule] = []

    def replace(self, script: bytes) -> None:
        """Replace the script, a JSON list of rules. Raises ValueError for a wrong one and keeps the old one."""
        rules = _SCRIPT.validate_json(script)
        for rule in rules:
            rule.bind(self._services)
        self.rules = rules

    def hits(self, messages: Sequence[Accepted]) -> list[Rule]:
        """The rules that hit this request, in the script's order."""
        return [rule for rule in self.rules if rule.hit(messages)]

    def of_list(self, service: str, to: str | None) -> Trouble:
        """What is wrong with this reading of a service's list."""
        hits = [rule for rule in self.rules if rule.hit_list(service, to)]
        actions = {rule.action for rule in hits}
        late = [rule.seconds for rule in hits if rule.action == Action.LISTING_LATE]
        return Trouble(
            Action.LISTING_BROKEN in actions, Action.LISTING_EMPTY in actions, max(late, default=0.0)
        )
