"""What one lane learns about a provider in trouble holds for all lanes: the breaker of a sender and of its provider (docs/decisions/0028)."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from pipelines.domain.sending import Answer, Verdict
from pipelines.steps.dispatch.brake import Brake
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.store.sqlfile import sql

PROBE_SECONDS = 60.0  # for which a lane may keep the only call; longer than any call, so a lane that keeps it for longer is dead
MAX_SETBACKS_ALONE = 1  # pauses in a row that concern only the lane that met the trouble
LOOK_FOR_BETTER = 5.0  # seconds between two looks of a lane at the senders of its client
LOOK_AGAIN = 1.0  # seconds between two looks at a breaker whose holder is trying a call
MAX_HOLD = 86_400.0  # seconds; a breaker that only a person closes is looked at again after a day

OTHER_SENDER = "other_sender"  # why a lane ends its work with one sender: it goes on with another
REASONS = {
    Verdict.PROVIDER_DOWN: "provider_down",
    Verdict.SENDER_REFUSED: "sender_refused",
    Verdict.RETRY: "provider_busy",
    Verdict.UNKNOWN: "provider_unclear",
}


@dataclass(frozen=True, slots=True)
class Held:
    """Why a sender cannot be used, and for how many seconds. `params` are those of the sentence about it."""

    reason: str
    seconds: float
    params: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, sender: Row[Any]) -> "Held | None":
        """What holds a row of `sql/steps/dispatch/senders` back; None when nothing does."""
        if sender.reason is None:
            return None
        seconds = min(sender.free_in, LOOK_AGAIN if sender.tried else MAX_HOLD)
        return cls(sender.reason, max(0.0, seconds), sender.params)


class Senders:
    """The client's active senders of a channel, in the order in which lanes use them."""

    def __init__(self, database: LaneDatabase, client_id: UUID, channel: str) -> None:
        self._database, self._who = database, {"client_id": client_id, "channel": channel}

    def choose(self) -> Row[Any] | None:
        """The first that may be used now, else the one that may be tried first; None when there is no sender."""
        senders = self._all()
        free = (sender for sender in senders if _seconds(sender) == 0)
        return next(free, min(senders, key=_seconds, default=None))

    def held(self, sender_id: UUID) -> Held | None:
        """What holds this sender back now; None when nothing does, or when it is no longer active."""
        return next((Held.of(sender) for sender in self._all() if sender.id == sender_id), None)

    def has_other(self, sender_id: UUID) -> bool:
        """Whether another sender would be used now."""
        chosen = self.choose()
        return chosen is not None and chosen.id != sender_id

    def has_free_other(self, sender_id: UUID) -> bool:
        """Whether another sender would be used now, without waiting."""
        chosen = self.choose()
        return chosen is not None and chosen.id != sender_id and _seconds(chosen) == 0

    def is_active(self, sender_id: UUID) -> bool:
        """Whether this sender is still active."""
        return any(sender.id == sender_id for sender in self._all())

    def _all(self) -> Sequence[Row[Any]]:
        return self._database.all(sql("steps/dispatch/senders"), self._who)


def _seconds(sender: Row[Any]) -> float:
    held = Held.of(sender)
    return held.seconds if held else 0.0


class Breaker:
    """A lane's view of the breakers of its sender. While one is open, the lane begins nothing, unless it holds the one call that may be tried."""

    def __init__(
        self, database: LaneDatabase, senders: Senders, sender: Row[Any], owner: UUID, patience: float
    ) -> None:
        """`owner` is the lane, which waits up to `patience` seconds itself: any longer pause is for all lanes."""
        self._database, self._senders, self._sender = database, senders, sender
        self._patience = patience
        self._line = {"provider": sender.provider, "channel": sender.channel}
        self._owner = owner
        self._setbacks: int = sender.setbacks  # pauses that the breaker knows of
        self._holding = False
        self._looked_at = time.monotonic()
        self._is_active = True  # as far as the lane knows
        self._avoidable = False  # whether another sender can be used while this one is held back
        self.held = Held.of(sender)

    def slow_down(self, brake: Brake) -> None:
        """Hold the lane's calls back for as long as the breaker asks, and let it go carefully then."""
        if self.held is not None:
            brake.defer(self.held.seconds)

    def gives_way(self) -> bool:
        """Whether the lane should go on with another sender: this one is held back or no longer active, or a better one can be used again."""
        if self.held is not None:
            return self._avoidable
        if self._holding:
            return False  # its one call decides: to others this sender still looks held back
        if self._is_active and time.monotonic() - self._looked_at >= LOOK_FOR_BETTER:
            self._looked_at = time.monotonic()
            self._is_active = self._senders.is_active(self._sender.id)
            return not self._is_active or self._senders.has_free_other(self._sender.id)
        return not self._is_active

    def lets_begin(self, brake: Brake) -> bool:
        """Whether the lane may begin calls. While a breaker is open, it asks for the one call when the time has come."""
        if self.held is None:
            return True
        if brake.remaining() > 0:
            return False
        tries = self._line | {
            "sender_id": self._sender.id,
            "owner": self._owner,
            "seconds": PROBE_SECONDS,
        }
        if self._database.all(sql("steps/dispatch/breaker_probe"), tries):
            self._holding, self.held = True, None
        else:
            self.look(brake)
        return self.held is None

    def look(self, brake: Brake) -> None:
        """Find out what holds the sender back, and slow the lane down for as long."""
        self.held = self._senders.held(self._sender.id)
        self._is_active = self.held is not None or self._senders.is_active(self._sender.id)
        self._avoidable = self.held is not None and self._senders.has_free_other(self._sender.id)
        self.slow_down(brake)

    def follow(self, brake: Brake) -> None:
        """Tell the other lanes what the newest answers mean: open the breaker, or close it."""
        if brake.setbacks > self._setbacks:
            self._setbacks = brake.setbacks
            if self._is_for_all(brake):
                self._open(brake, brake.trouble or Answer(Verdict.UNKNOWN))
        elif self._holding and brake.size > 1:
            self._close(brake.setbacks)
        elif self._setbacks and not brake.careful and brake.setbacks == 0:
            self._close(0)

    def _is_for_all(self, brake: Brake) -> bool:
        return (
            self._holding
            or brake.refusal is not None
            or brake.setbacks > MAX_SETBACKS_ALONE
            or brake.remaining() > self._patience
        )

    def _open(self, brake: Brake, answer: Answer) -> None:
        params = {"status": str(answer.http_status), "error": str(answer.error_code)}
        self.held = Held(REASONS[answer.verdict], max(0.0, brake.remaining()), params)
        self._holding = False
        concerns_sender = answer.verdict is Verdict.SENDER_REFUSED
        self._database.run(
            sql("steps/dispatch/breaker_open"),
            self._line
            | {
                "sender_id": self._sender.id if concerns_sender else None,
                "reason": self.held.reason,
                "params": json.dumps(params),
                "setbacks": brake.setbacks,
                "seconds": self.held.seconds,
            },
        )
        self._avoidable = self._senders.has_free_other(self._sender.id)

    def _close(self, setbacks: int) -> None:
        self._setbacks, self._holding = setbacks, False
        self._database.run(
            sql("steps/dispatch/breaker_close"),
            self._line | {"sender_id": self._sender.id, "owner": self._owner, "setbacks": setbacks},
        )
