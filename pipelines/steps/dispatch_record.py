"""Writes down what came of provider calls, guarded by owner and state, and holds on to it while the database is away (3.2, step 5)."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError

from pipelines.domain.sending import Answer, Verdict
from pipelines.states import CallState, MessageState
from pipelines.steps.dispatch_database import LaneDatabase
from pipelines.steps.dispatch_send import Sent
from pipelines.store.sqlfile import sql

log = structlog.get_logger()

PATIENCE = 60.0  # seconds that an answer is kept in memory while the database is away
PAUSE = 0.5  # seconds between two tries

# What a verdict makes of the call and of its messages (reference: answer classification, 2.6).
BECOMES: dict[Verdict, tuple[CallState, MessageState]] = {
    Verdict.ACCEPTED: (CallState.ACCEPTED, MessageState.ACCEPTED),
    Verdict.REFUSED: (CallState.REFUSED, MessageState.FAILED),
    Verdict.UNKNOWN: (CallState.UNKNOWN, MessageState.UNKNOWN),
    Verdict.RETRY: (CallState.RETRY, MessageState.READY),
    Verdict.PROVIDER_DOWN: (CallState.RETRY, MessageState.READY),
    Verdict.SPLIT: (CallState.RETRY, MessageState.READY),
}
NOT_MADE = Answer(Verdict.PROVIDER_DOWN, error_code="not_made")


@dataclass(frozen=True, slots=True)
class Recorder:
    """Records for one lane's owner. `opt_out_codes` are the provider's refusals that mean "this person wants no more"."""

    database: LaneDatabase
    packet_id: UUID
    owner: UUID
    opt_out_codes: frozenset[str]

    def record(self, sent: Sequence[Sent]) -> str | None:
        """Write down these ends in one transaction and return the packet's state.

        While the database is away it tries for a minute; then raises OperationalError, and the leases tell the rest.
        """
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return self._record(sent)
            except DBAPIError as error:
                if not database_is_away(error) or time.monotonic() > end:
                    raise
                log.warning("answers_kept_in_memory", calls=len(sent))
                time.sleep(PAUSE)

    def _record(self, sent: Sequence[Sent]) -> str | None:
        found = self.database.one(
            sql("steps/step6_dispatch__record"),
            {"owner": self.owner, "packet_id": self.packet_id} | self._columns(sent),
        )
        if found.closed < len(sent):
            log.warning("late_answers_left_alone", calls=len(sent) - found.closed)
        state: str | None = found.packet_state
        return state

    def _columns(self, sent: Sequence[Sent]) -> dict[str, list[Any]]:
        answers = [answer or NOT_MADE for _, answer in sent]
        states = [BECOMES[answer.verdict] for answer in answers]
        return {
            "call_ids": [call.id for call, _ in sent],
            "call_states": [call_state.value for call_state, _ in states],
            "message_states": [message_state.value for _, message_state in states],
            "provider_refs": [answer.provider_ref for answer in answers],
            "http_statuses": [answer.http_status for answer in answers],
            "error_codes": [answer.error_code for answer in answers],
            "segments": [answer.segments for answer in answers],
            "waits": [_wait(answer) for answer in answers],
            "opted_out": [
                answer.verdict is Verdict.REFUSED and answer.error_code in self.opt_out_codes
                for answer in answers
            ],
        }


def _wait(answer: Answer) -> float | None:
    """Seconds before its messages may go again; None leaves it to the number of tries."""
    if answer.verdict is Verdict.RETRY:
        return answer.retry_after
    return 0.0


def database_is_away(error: DBAPIError) -> bool:
    """Whether trying again can help: no connection, a restart, a deadlock."""
    return isinstance(error, OperationalError) or bool(error.connection_invalidated)
