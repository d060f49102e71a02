"""The loop of a lane: claim the next group and record the last one while calls are under way, so the provider sets the pace."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import structlog

from pipelines.domain.sending import Answer, Verdict
from pipelines.domain.words import counted
from pipelines.errors import PacketboatError, TryLater
from pipelines.steps.dispatch_brake import Brake
from pipelines.steps.dispatch_claim import MAY_SEND, Call, Claims, packet_does_not_send
from pipelines.steps.dispatch_ending import Ending, told_to_end
from pipelines.steps.dispatch_record import Recorder
from pipelines.steps.dispatch_send import Senders, Sent
from pipelines.steps.journal import Progress

log = structlog.get_logger()

COLLECT = 0.25  # seconds after which known answers are recorded, however few
SLACK = 60.0  # seconds by which a lease outlives the longest way through its calls
NAP = 1.0  # seconds between two looks at whether somebody wants an end
SOON = 0.05  # seconds until the next look at messages that another lane holds


@dataclass(frozen=True, slots=True)
class Pace:
    """How a lane works: messages per claim, calls at once, calls kept in hand, ends recorded together.

    `wait_here` is for how many seconds a lane waits itself; for longer its task gives its place to others.
    """

    group: int
    threads: int
    in_hand: int
    together: int
    wait_here: float = 30.0

    @classmethod
    def of(cls, batch_size: int) -> Self:
        """For a provider that takes `batch_size` messages a call. Building a large call keeps a processor busy: two will do.

        What a lane has in hand when it dies becomes unknown, so it never takes more than it needs to keep its threads busy.
        """
        if batch_size > 1:
            return cls(group=batch_size, threads=2, in_hand=3, together=1)
        return cls(group=50, threads=8, in_hand=24, together=20)

    def lease_seconds(self, call_timeout: float, batch_size: int) -> float:
        """How long a claim must be owned: the longest way through all calls in hand before its last, and some slack."""
        calls = self.in_hand + self.group // batch_size
        return (-(-calls // self.threads) + 1) * call_timeout + SLACK


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

    def sentence(self) -> str:
        """What the journal says of the lane."""
        if not self.claimed:
            return "0 to send."
        parts = [f"{self.accepted} accepted"]
        parts += [f"{self.refused} refused"] if self.refused else []
        parts += [f"{self.unknown} unknown, which are never sent again blindly"] if self.unknown else []
        return ", ".join(parts) + "."


class LaneLoop:
    """One run of one lane over its parts."""

    def __init__(
        self,
        pace: Pace,
        claims: Claims,
        senders: Senders,
        brake: Brake,
        recorder: Recorder,
        progress: Progress,
        ending: Ending,
    ) -> None:
        self._pace, self._claims, self._senders = pace, claims, senders
        self._brake, self._recorder, self._progress = brake, recorder, progress
        self._ending = ending
        self._trouble: PacketboatError | None = None
        self.tally = Tally()

    def run(self) -> None:
        """Send until nothing is claimable. Every call that was begun is recorded before this returns or raises."""
        with self._senders:
            try:
                while self._trouble is None and self._step():
                    pass
            finally:
                self._brake.stop()
                self._finish()
        if self._trouble is not None:
            raise self._trouble

    def _step(self) -> bool:
        """Claim, collect and record once; False when nothing is left to do or somebody wants an end."""
        if self._ending.told:
            self._trouble = told_to_end()
            return False
        while not self._claims.at_end and self._senders.out < self._pace.in_hand:
            self._take(self._claims.next_calls())
        ended = self._senders.collect(self._pace.together, COLLECT)
        if ended:
            self._digest(ended)
            return True
        return self._senders.out > 0 or not self._claims.at_end or self._wait_for_more()

    def _take(self, calls: list[Call]) -> None:
        self.tally.claimed += sum(len(call.messages) for call in calls)
        self._senders.take(calls)

    def _digest(self, ended: Sequence[Sent]) -> None:
        """Record these ends and draw the lane's conclusions."""
        state = self._recorder.record(ended)
        for sent in ended:
            self.tally.count(sent)
        self._trouble = self._providers_trouble()
        if state not in MAY_SEND:
            self._trouble = packet_does_not_send(str(state))
        if self._trouble is None:
            for sent in ended:
                if sent.answer is not None and sent.answer.verdict is Verdict.SPLIT:
                    self._take(self._claims.halves(sent.call))
        self._progress.expect(self.tally.claimed)
        self._progress.done(self.tally.accepted)

    def _providers_trouble(self) -> TryLater | None:
        if self._brake.refusal is not None:
            return provider_down(self._brake.refusal)
        pause = self._brake.holds()
        if pause <= self._pace.wait_here:
            return None
        return TryLater(
            "The provider takes no messages at the moment. The lane goes on later with what is left.",
            code="provider_busy",
            after_seconds=pause,
        )

    def _wait_for_more(self) -> bool:
        """Whether messages are still ready: waits for the first, and then the walk begins anew. Raises TryLater for a long wait."""
        ready, due_in = self._claims.outlook()
        if ready == 0:
            return False
        if due_in > self._pace.wait_here:
            raise TryLater(
                f"Due only later: {counted(ready, 'message')}. The lane goes on then.",
                code="due_later",
                after_seconds=due_in,
            )
        time.sleep(min(max(SOON, due_in), NAP))
        self._claims.again()
        return True

    def _finish(self) -> None:
        """Wait for the calls under way, take back the others, record both."""
        while self._senders.out:
            ended = self._senders.collect(self._senders.out, COLLECT)
            if ended:
                self._recorder.record(ended)
            for sent in ended:
                self.tally.count(sent)


def provider_down(answer: Answer) -> TryLater:
    """The sentence for a refusal that no message would escape."""
    log.error("provider_refused_us", http_status=answer.http_status, error_code=answer.error_code)
    return TryLater(
        f"The provider refuses our account (HTTP {answer.http_status}, code {answer.error_code}). Nothing was lost: put"
        " right the credentials or the account, and the lane goes on.",
        code="provider_down",
        after_seconds=60.0,
    )
