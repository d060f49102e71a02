"""The loop of a lane: record what ended, begin what a free thread can make at once, claim ahead; so the provider sets the pace.

Only a call that is begun can be with the provider, and it is begun in a commit of its own right before it is made. So what a killed lane
leaves in doubt is what was in flight, and no more.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import structlog

from pipelines.domain.sending import CLAIM_SECONDS, Verdict
from pipelines.errors import PacketboatError
from pipelines.language import Sentence
from pipelines.steps.dispatch.brake import Brake
from pipelines.steps.dispatch.claim import MAY_SEND, Call, Claims, packet_does_not_send
from pipelines.steps.dispatch.ending import Ending, told_to_end
from pipelines.steps.dispatch.record import Recorder
from pipelines.steps.dispatch.send import Callers, Sent
from pipelines.steps.dispatch.wait import Wait
from pipelines.steps.journal import Progress

log = structlog.get_logger()

COLLECT = 0.25  # seconds between two looks at calls that take long
SLACK = 60.0  # seconds by which a lease outlives the call that was begun last
NAP = 1.0  # seconds between two looks at whether somebody wants an end
SOON = 0.05  # seconds until the next look at messages that another lane holds


@dataclass(frozen=True, slots=True)
class Pace:
    """How a lane works: messages per claim, calls at once, calls kept in hand to be begun as soon as a thread is free.

    `doubts` is after how many unknown answers in a row it goes carefully, `wait_here` for how many seconds it waits itself; for longer
    its task gives its place to others.
    """

    group: int
    threads: int
    in_hand: int
    doubts: int
    wait_here: float = 30.0

    @classmethod
    def of(cls, batch_size: int) -> Self:
        """For a provider that takes `batch_size` messages a call. Building a large call keeps a processor busy: two will do."""
        if batch_size > 1:
            return cls(group=batch_size, threads=2, in_hand=1, doubts=1)
        return cls(group=50, threads=16, in_hand=16, doubts=3)

    def lease_seconds(self, call_timeout: float) -> float:
        """How long a claim must be owned: until the last moment at which its call may begin, the call itself, and some slack."""
        return CLAIM_SECONDS + call_timeout + SLACK


@dataclass(slots=True)
class Tally:
    """What became of a lane's messages so far; `claimed` counts those that did not become ready again."""

    claimed: int = 0
    accepted: int = 0
    refused: int = 0
    unknown: int = 0

    def count(self, sent: Sent) -> None:
        size = len(sent.call.messages)
        match sent.answer.verdict if sent.answer else None:
            case Verdict.ACCEPTED:
                self.accepted += size
            case Verdict.REFUSED:
                self.refused += size
            case Verdict.UNKNOWN:
                self.unknown += size
            case _:
                self.claimed -= size

    @property
    def note(self) -> Sentence:
        """What the journal says of the lane."""
        if not self.claimed:
            return Sentence("lane_had_nothing")
        parts = [Sentence("messages_accepted", {"n": self.accepted})]
        parts += [Sentence("messages_refused", {"n": self.refused})] if self.refused else []
        parts += [Sentence("messages_unknown", {"n": self.unknown})] if self.unknown else []
        return Sentence("lane_did", {"parts": parts})


class LaneLoop:
    """One run of one lane over its parts. `give_back` returns to ready what dead lanes have claimed of this packet and not begun."""

    def __init__(
        self,
        pace: Pace,
        claims: Claims,
        callers: Callers,
        brake: Brake,
        recorder: Recorder,
        progress: Progress,
        ending: Ending,
        give_back: Callable[[], object],
    ) -> None:
        self._pace, self._claims, self._callers = pace, claims, callers
        self._brake, self._recorder, self._progress = brake, recorder, progress
        self._ending, self._give_back = ending, give_back
        self._hand: deque[Call] = deque()  # claimed, not begun: the provider cannot have them
        self._not_made: list[Sent] = []  # taken out of the hand, to be written down with the next ends
        self._over: PacketboatError | Wait | None = None  # why it ends although something is left
        self.tally = Tally()

    def run(self) -> Wait | None:
        """Send until nothing is claimable, or until there is a longer wait, which is returned.

        Every call that was begun is recorded before this returns or raises.
        """
        with self._callers:
            try:
                while self._over is None and self._step():
                    pass
            finally:
                self._brake.stop()
                self._finish()
        if isinstance(self._over, PacketboatError):
            raise self._over
        return self._over and replace(self._over, ready=self._claims.outlook().ready)

    def _step(self) -> bool:
        """Collect, record and begin, then claim; False when nothing is left to do or somebody wants an end."""
        if self._ending.told:
            self._over = told_to_end()
            return False
        ended = self._callers.collect(COLLECT)
        going = self._next_to_begin()
        if ended or going or self._not_made:
            self._exchange(ended, going)
        elif self._hand and not self._callers.out:
            time.sleep(min(max(SOON, self._brake.holds()), NAP))
        if self._over is not None:
            return False
        while self._wants_more():
            self._claim(self._claims.next_calls(self._brake.size))
        return bool(self._hand or self._callers.out) or self._wait_for_more()

    def _wants_more(self) -> bool:
        """Whether to claim ahead. A careful lane claims a call when it can make it: only then is it known how large it may be."""
        if self._claims.at_end:
            return False
        if self._brake.careful:
            return not self._hand and not self._callers.out
        return len(self._hand) < self._pace.in_hand

    def _claim(self, calls: list[Call]) -> None:
        self.tally.claimed += sum(len(call.messages) for call in calls)
        self._hand.extend(calls)

    def _next_to_begin(self) -> list[Call]:
        """As many calls of the hand as there are free threads; none while the provider makes us wait."""
        going: list[Call] = []
        while self._hand and self._brake.holds() <= 0 and len(going) < self._callers.free:
            call = self._hand.popleft()
            if self._callers.may_go(call):
                going.append(call)
            else:
                self._not_made.append(Sent(call, None))
        return going

    def _exchange(self, ended: list[Sent], going: list[Call]) -> None:
        """Record these ends and begin these calls, make them, and draw the lane's conclusions."""
        ended = self._not_made + ended
        exchanged = self._recorder.exchange(ended, going)
        self._callers.take(exchanged.begun)
        # What could not be begun was given back by somebody else, or its packet was stopped.
        begun = {call.id for call in exchanged.begun}
        self._not_made = [Sent(call, None) for call in going if call.id not in begun]
        self._count(ended)
        self._over = self._providers_trouble()
        if exchanged.packet_state not in MAY_SEND:
            self._over = packet_does_not_send(exchanged.packet_state)
        if self._over is None:
            for sent in ended:
                if sent.answer is not None and sent.answer.verdict is Verdict.SPLIT:
                    self._claim(self._claims.halves(sent.call))

    def _count(self, ended: Sequence[Sent]) -> None:
        for sent in ended:
            self.tally.count(sent)
        self._progress.expect(self.tally.claimed)
        self._progress.done(self.tally.accepted)

    def _providers_trouble(self) -> Wait | None:
        pause, refusal = self._brake.holds(), self._brake.refusal
        if refusal is not None:
            log.error("provider_refused_us", http_status=refusal.http_status, error_code=refusal.error_code)
            params = {"status": str(refusal.http_status), "error": str(refusal.error_code)}
            return self._wait("provider_down", pause, **params)
        if pause <= self._pace.wait_here:
            return None
        return self._wait("provider_unclear" if self._brake.in_doubt else "provider_busy", pause)

    def _wait(self, code: str, seconds: float, **params: str) -> Wait:
        return Wait(code, seconds, self._brake.setbacks, 0, params)

    def _wait_for_more(self) -> bool:
        """Whether messages are still to come: waits for the first, and then the walk begins anew, unless that takes long."""
        outlook = self._claims.outlook()
        due_in = outlook.due_in or 0.0
        if outlook.ready == 0:
            if not outlook.claimed_by_others:
                return False
            due_in = NAP
            self._give_back()
        if due_in > self._pace.wait_here:
            self._over = self._wait("due_later", due_in)
            return False
        time.sleep(min(max(SOON, due_in), NAP))
        self._claims.again()
        return True

    def _finish(self) -> None:
        """Give the hand back, wait for the calls under way, record both."""
        ended = self._not_made + [Sent(call, None) for call in self._hand]
        self._hand.clear()
        while ended or self._callers.out:
            if ended:
                self._recorder.exchange(ended, [])
                self._count(ended)
            ended = self._callers.collect(COLLECT)
