"""The loop of a lane: record the calls that ended, begin as many as there are free threads, claim ahead. The provider sets the pace.

A call is marked as begun, in a commit of its own, right before it is made. So a killed lane leaves in doubt only what was in flight.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Self

import structlog

from pipelines.domain.sending import CLAIM_SECONDS, Verdict
from pipelines.errors import PacketboatError
from pipelines.steps.dispatch.brake import Brake
from pipelines.steps.dispatch.breaker import OTHER_SENDER, Breaker
from pipelines.steps.dispatch.claim import MAY_SEND, Call, Claims, packet_does_not_send
from pipelines.steps.dispatch.record import Recorder
from pipelines.steps.dispatch.send import SLACK, Callers, Sent
from pipelines.steps.dispatch.sigterm import StopFlag, stopped_early
from pipelines.steps.dispatch.tally import Tally
from pipelines.steps.dispatch.turn import TURN_OVER, Turn
from pipelines.steps.dispatch.wait import PAUSED, Wait
from pipelines.steps.journal import Progress

log = structlog.get_logger()

COLLECT = 0.25  # seconds to wait for a call to end
MAX_NAP = 1.0  # seconds between two checks of the stop flag
MIN_NAP = 0.05  # seconds between two checks for messages that another lane has locked
# Answers after which what a call took of the limits stays used: the halves of a call that is split are sent with it.
USED_UP = frozenset({Verdict.ACCEPTED, Verdict.REFUSED, Verdict.UNKNOWN, Verdict.SPLIT})


@dataclass(frozen=True, slots=True)
class Pace:
    """How a lane works: messages per claim, parallel calls, and calls in hand, to be begun as soon as a thread is free.

    After `max_unknown` unknown answers in a row it goes carefully. It waits up to `wait_here` seconds itself; for a longer wait its task ends
    and frees its worker slot.
    """

    group: int
    threads: int
    in_hand: int
    max_unknown: int
    wait_here: float = 30.0

    @classmethod
    def of(cls, batch_size: int) -> Self:
        """For a provider that takes `batch_size` messages per call. Building a large call keeps a processor busy, so two threads do."""
        if batch_size > 1:
            return cls(group=batch_size, threads=2, in_hand=1, max_unknown=1)
        return cls(group=200, threads=64, in_hand=64, max_unknown=3)

    def lease_seconds(self, call_timeout: float) -> float:
        """How long a claim must be owned: until its call may begin at the latest, plus the call itself and some slack."""
        return CLAIM_SECONDS + call_timeout + SLACK


class LaneLoop:
    """One run of one lane with one sender, counted in `tally`. `give_back` frees what dead lanes have claimed of this packet and not begun."""

    def __init__(
        self,
        pace: Pace,
        claims: Claims,
        callers: Callers,
        brake: Brake,
        breaker: Breaker,
        recorder: Recorder,
        progress: Progress,
        stop: StopFlag,
        give_back: Callable[[], object],
        turn: Turn,
        tally: Tally,
    ) -> None:
        self._pace, self._claims, self._limits, self._callers = pace, claims, claims.limits, callers
        self._brake, self._breaker = brake, breaker
        self._recorder, self._progress = recorder, progress
        self._stop, self._give_back, self._turn = stop, give_back, turn
        self._hand: deque[Call] = deque()  # claimed, not begun: the provider cannot have them
        self._not_made: list[Sent] = []  # removed from the hand, to be recorded with the next calls that end
        self._ended_by: PacketboatError | Wait | None = None  # why it ends with work left
        self._recheck_in = MIN_NAP  # seconds between two looks at what others have claimed; doubles each time
        self.tally = tally

    def run(self) -> Wait | None:
        """Send until nothing is claimable. Returns the wait if it ends for a longer one.

        Every call that was begun is recorded before this returns or raises.
        """
        with self._callers:
            try:
                while self._ended_by is None and self._step():
                    pass
            finally:
                self._brake.stop()
                self._finish()
        if isinstance(self._ended_by, PacketboatError):
            raise self._ended_by
        if (wait := self._ended_by) is None:
            return None
        outlook = self._claims.outlook()
        only_too_long = wait.code == "limit_reached" and outlook.over_limit
        return replace(wait, ready=outlook.ready, code="over_limit" if only_too_long else wait.code)

    def _step(self) -> bool:
        """Collect, record and begin, then claim. False when nothing is left to do or the lane must end."""
        if self._stop.is_set:
            self._ended_by = stopped_early()
            return False
        if self._turn.is_over():
            self._ended_by = Wait(TURN_OVER, 0.0, 0)
            return False
        ended = self._callers.collect(COLLECT)
        starting = self._next_to_begin()
        if ended or starting or self._not_made:
            self._exchange(ended, starting)
        else:
            self._ended_by = self._provider_trouble()
            if self._ended_by is None and self._hand and not self._callers.in_flight:
                time.sleep(min(max(MIN_NAP, self._brake.remaining()), MAX_NAP))
                self._exchange([], [])  # the packet may have been paused or stopped meanwhile
        if self._ended_by is not None:
            return False
        while self._wants_more():
            self._claim(self._claims.next_calls(self._brake.size))
        return bool(self._hand or self._callers.in_flight) or self._wait_for_more()

    def _wants_more(self) -> bool:
        """Whether to claim ahead. A careful lane claims a call only when it can make it, since the call's size depends on the last answer. So
        does a lane with limits: what it keeps in hand has been taken from the others.
        """
        if self._claims.at_end or self._limits.seconds_held > 0 or (self._limits.apply and self._hand):
            return False
        if self._brake.careful:
            return not self._hand and not self._callers.in_flight
        return len(self._hand) < self._pace.in_hand

    def _claim(self, calls: list[Call]) -> None:
        if calls:
            self._recheck_in = MIN_NAP
        self.tally.claimed += sum(len(call.messages) for call in calls)
        self._hand.extend(calls)

    def _next_to_begin(self) -> list[Call]:
        """Calls from the hand, one per free thread; none while the brake or a breaker holds calls back."""
        starting: list[Call] = []
        if not self._hand or not self._breaker.lets_begin(self._brake):
            return starting
        while self._hand and self._brake.remaining() <= 0 and len(starting) < self._callers.free:
            call = self._hand.popleft()
            if self._callers.may_go(call):
                starting.append(call)
            else:
                self._not_made.append(Sent(call, None))
        return starting

    def _exchange(self, ended: list[Sent], starting: list[Call]) -> None:
        """Record the calls that ended, begin and make the calls that start, and decide whether the lane goes on."""
        ended = self._not_made + ended
        exchanged = self._recorder.exchange(ended, starting)
        self._callers.submit(exchanged.begun)
        # A call that could not be begun was given back by another process, or its packet was stopped or paused.
        begun = {call.id for call in exchanged.begun}
        self._not_made = [Sent(call, None) for call in starting if call.id not in begun]
        self._count(ended)
        self._breaker.follow(self._brake)
        if self._not_made:
            self._breaker.look(self._brake)
        self._ended_by = self._provider_trouble()
        if exchanged.packet is not None and exchanged.packet.paused:
            self._ended_by = Wait(PAUSED, 0.0, 0)
        elif exchanged.packet is not None and exchanged.packet.state not in MAY_SEND:
            self._ended_by = packet_does_not_send(exchanged.packet.state)
        if self._ended_by is None:
            for sent in ended:
                if sent.answer is not None and sent.answer.verdict is Verdict.SPLIT:
                    self._claim(self._claims.halves(sent.call))

    def _count(self, ended: Sequence[Sent]) -> None:
        for sent in ended:
            self.tally.count(sent)
            if sent.answer is None or sent.answer.verdict not in USED_UP:
                self._limits.give_back(sent.call.cost())
        self._progress.expect(self.tally.claimed)
        self._progress.done(self.tally.accepted)

    def _provider_trouble(self) -> Wait | None:
        pause, refusal = self._brake.remaining(), self._brake.refusal
        if refusal is not None:
            log.error("provider_refused_us", http_status=refusal.http_status, error_code=refusal.error_code)
            params = {"status": str(refusal.http_status), "error": str(refusal.error_code)}
            return Wait(refusal.verdict.value, pause, 0, params)
        if self._breaker.gives_way():
            return Wait(OTHER_SENDER, 0.0, 0)
        if pause <= self._pace.wait_here:
            return None
        if (held := self._breaker.held) is not None:
            return Wait(held.reason, pause, 0, held.params)
        return Wait("provider_unclear" if self._brake.in_doubt else "provider_busy", pause, 0)

    def _wait_for_more(self) -> bool:
        """Whether more messages are coming: naps and restarts the walk, or ends the lane with a wait when they are due much later."""
        if not self._claims.at_end:
            return self._nap("limit_reached", self._limits.seconds_held)
        outlook = self._claims.outlook()
        due_in = inf if outlook.due_in is None else outlook.due_in
        if outlook.paused:
            self._ended_by = Wait(PAUSED, 0.0, 0)
            return False
        if outlook.ready == 0:
            if not outlook.claimed_by_others:
                return False
            due_in = self._recheck_in = min(2 * self._recheck_in, MAX_NAP)
            self._give_back()
        closed = self._limits.seconds_closed
        self._claims.restart()
        return self._nap("limit_reached", closed) if closed < due_in else self._nap("due_later", due_in)

    def _nap(self, code: str, seconds: float) -> bool:
        """Sleep for a moment, or end the lane with a wait if it would be long. Returns whether the lane goes on."""
        if seconds > self._pace.wait_here:
            self._ended_by = Wait(code, seconds, 0)
            return False
        time.sleep(min(max(MIN_NAP, seconds), MAX_NAP))
        return True

    def _finish(self) -> None:
        """Give the hand back, wait for the calls in flight, record both."""
        ended = self._not_made + [Sent(call, None) for call in self._hand]
        self._hand.clear()
        while ended or self._callers.in_flight:
            if ended:
                self._recorder.exchange(ended, [])
                self._count(ended)
            ended = self._callers.collect(COLLECT)
        self._limits.close()
