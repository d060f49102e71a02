"""Faults by script: what goes wrong, for which requests, how often. The script is replaced as a whole over HTTP."""

import random
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, TypeAdapter

from pipelines.sandbox.fates import DELIVERED


class Action(StrEnum):
    TOO_MANY = "too_many"  # 429 with Retry-After of `seconds`, not accepted
    ERROR_BEFORE = "error_before"  # 500, not accepted
    ERROR_AFTER = "error_after"  # accepted, then 500
    RESET = "reset"  # connection reset, not accepted
    LOST_ANSWER = "lost_answer"  # accepted, then the connection is closed without a word
    DELAY = "delay"  # nothing for `seconds`, then all is well
    SLOW_HEADERS = "slow_headers"  # accepted, the head of the answer comes byte by byte over `seconds`
    SLOW_BODY = "slow_body"  # accepted, the body of the answer comes byte by byte over `seconds`
    UNREADABLE = "unreadable"  # accepted, the success is a page of HTML
    NO_ID = "no_id"  # accepted, the success is an empty object
    CALLBACKS_LATE = "callbacks_late"  # by `seconds`
    CALLBACKS_BEFORE = "callbacks_before"  # all of them are posted before the answer to the call itself
    CALLBACKS_AT_ONCE = "callbacks_at_once"  # all of them are due as soon as the message is accepted
    CALLBACKS_IN_BURSTS = "callbacks_in_bursts"  # nothing for `seconds`, then all that is due together
    CALLBACKS_REPEATED = "callbacks_repeated"  # each `times` times
    CALLBACKS_REORDERED = "callbacks_reordered"  # the last first
    CALLBACKS_DROPPED = "callbacks_dropped"
    FATE = "fate"  # what becomes of it later: a name from the table of fates


class Rule(BaseModel):
    """One fault. It hits a request when everything that is given agrees.

    `to` is a regular expression searched in the number or address (any of a batch); `nth` hits only the nth request
    that agrees otherwise, from 1; `count` is how often at most; `probability` is drawn from `seed`.
    """

    model_config = ConfigDict(extra="forbid")

    action: Action
    channel: Literal["sms", "email"] | None = None
    to: re.Pattern[str] | None = None
    nth: int | None = Field(None, ge=1)
    count: int | None = Field(None, ge=1)
    probability: float = Field(1.0, ge=0, le=1)
    seed: int = 0
    seconds: float = Field(1.0, ge=0)
    times: int = Field(2, ge=1, le=100)
    fate: str = DELIVERED

    _seen: int = PrivateAttr(0)
    _hits: int = PrivateAttr(0)
    _dice: random.Random = PrivateAttr()

    def model_post_init(self, _context: object) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311 - a script must come out the same twice

    def concerns(self, to: str) -> bool:
        return self.to is None or self.to.search(to) is not None

    def hit(self, channel: str, recipients: Sequence[str]) -> bool:
        """Whether this request is hit; counts it."""
        if self.channel not in {None, channel} or not any(map(self.concerns, recipients)):
            return False
        self._seen += 1
        if (
            self.nth not in {None, self._seen}
            or self._hits == self.count
            or self._dice.random() >= self.probability
        ):
            return False
        self._hits += 1
        return True

    def told(self) -> dict[str, Any]:
        """The rule as it was written, with how often it looked and how often it struck."""
        written = self.model_dump(mode="json", exclude_defaults=True)
        return {**written, "seen": self._seen, "hits": self._hits}


_SCRIPT = TypeAdapter(list[Rule])


class Faults:
    """The script in force."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def replace(self, script: bytes) -> None:
        """Take a new script, a JSON list of rules. Raises ValueError saying what is wrong; then the old one stays."""
        self.rules = _SCRIPT.validate_json(script)

    def hits(self, channel: str, recipients: Sequence[str]) -> list[Rule]:
        """The rules that this request runs into, in the script's order."""
        return [rule for rule in self.rules if rule.hit(channel, recipients)]
