"""Records the outcomes of provider calls and which calls begin next, and keeps trying while the database is away.

See docs/how-nothing-is-doubled.md#the-life-of-a-message.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import TextClause
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

from pipelines.domain.sending import Answer, Verdict
from pipelines.states import CallState, MessageState
from pipelines.steps.dispatch.claim import Call
from pipelines.steps.dispatch.database import LaneDatabase, Statement, array_of, quoted_array_of
from pipelines.steps.dispatch.send import Sent
from pipelines.store.sqlfile import sql

log = structlog.get_logger()

PATIENCE = 60.0  # seconds that answers are kept in memory while the database is away
PAUSE = 0.5  # seconds between two tries

# The states of a call and of its messages after each verdict (docs/protocols.md#answers).
BECOMES: dict[Verdict, tuple[CallState, MessageState]] = {
    Verdict.ACCEPTED: (CallState.ACCEPTED, MessageState.ACCEPTED),
    Verdict.REFUSED: (CallState.REFUSED, MessageState.FAILED),
    Verdict.UNKNOWN: (CallState.UNKNOWN, MessageState.UNKNOWN),
    Verdict.RETRY: (CallState.RETRY, MessageState.READY),
    Verdict.PROVIDER_DOWN: (CallState.RETRY, MessageState.READY),
    Verdict.SENDER_REFUSED: (CallState.RETRY, MessageState.READY),
    Verdict.SPLIT: (CallState.RETRY, MessageState.READY),
}
UNRECORDABLE = Answer(Verdict.UNKNOWN, error_code="unrecordable_answer")
NOT_MADE = Answer(Verdict.PROVIDER_DOWN, error_code="not_made")


@dataclass(frozen=True, slots=True)
class Exchanged:
    """The calls that may be made now: they are committed as begun. `packet`: its `state`, and whether it is `paused`, read only if nothing starts
    or a call may not begin; else None.
    """

    begun: list[Call]
    packet: Any


@dataclass(frozen=True, slots=True)
class Recorder:
    """Records for one lane's owner. `opt_out_codes` are the provider's refusals that mean "this person wants no more"."""

    database: LaneDatabase
    packet_id: UUID
    owner: UUID
    opt_out_codes: frozenset[str]

    def exchange(self, ended: Sequence[Sent], starting: Sequence[Call]) -> Exchanged:
        """Record the calls that ended and begin those that start, in one transaction.

        While the database is away it retries for a minute, then raises OperationalError; the leases settle the rest. An answer that the
        database refuses is recorded as unknown; the others are recorded as they are.
        """
        try:
            return self._with_retries(ended, starting)
        except (DataError, IntegrityError, UnicodeError):
            if not ended:
                raise
            for sent in ended:
                self._alone(sent)
            return self._with_retries([], starting)

    def _alone(self, sent: Sent) -> None:
        try:
            self._with_retries([sent], [])
        except (DataError, IntegrityError, UnicodeError) as error:
            log.error("answer_unrecordable", call_id=str(sent.call.id), error=type(error).__name__)  # noqa: TRY400 - its text may hold an address
            self._with_retries([Sent(sent.call, UNRECORDABLE)], [])

    def _with_retries(self, ended: Sequence[Sent], starting: Sequence[Call]) -> Exchanged:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self._exchange(ended, starting)
            except DBAPIError as error:
                if not database_is_away(error) or time.monotonic() > deadline:
                    raise
                log.warning("answers_kept_in_memory", calls=len(ended))
                time.sleep(PAUSE)

    def _exchange(self, ended: Sequence[Sent], starting: Sequence[Call]) -> Exchanged:
        ours: dict[str, Any] = {"owner": self.owner, "packet_id": self.packet_id}
        records = self._records(ours, ended) if ended else []
        begin = (sql("steps/dispatch/begin"), ours | {"call_ids": array_of(call.id for call in starting)})
        packet = (sql("steps/packet/problem"), ours)
        results = self.database.together([*records, begin if starting else packet])
        if ended and len(results[1]) < len(ended):
            log.warning("late_answers_left_alone", calls=len(ended) - len(results[1]))
        if not starting:
            return Exchanged([], results[-1][0])
        ids = {row.id for row in results[-1]}
        begun = [call for call in starting if call.id in ids]
        if len(begun) == len(starting):
            return Exchanged(begun, None)
        return Exchanged(begun, self._read(packet))

    def _read(self, packet: Statement) -> Any:
        """The packet. None if it cannot be read: the calls that have begun must be made, and the next exchange reads it."""
        try:
            [[now]] = self.database.together([packet])
        except DBAPIError as error:
            log.warning("packet_not_read", error=type(error).__name__)
            return None
        return now

    def _records(
        self, ours: dict[str, Any], ended: Sequence[Sent]
    ) -> list[tuple[TextClause, dict[str, Any]]]:
        """The statements that record these calls; the second returns the calls that were still open and ours."""
        columns = ours | _columns(ended)
        opted_out = [call.id for call, answer in ended if self._is_opt_out(answer)]
        return [
            (sql("steps/dispatch/record_lock"), columns),
            (sql("steps/dispatch/record_calls"), columns),
            (sql("steps/dispatch/record_messages"), columns),
            *([(sql("steps/dispatch/record_opt_outs"), ours | {"call_ids": opted_out})] if opted_out else []),
        ]

    def _is_opt_out(self, answer: Answer | None) -> bool:
        return (
            answer is not None
            and answer.verdict is Verdict.REFUSED
            and answer.error_code in self.opt_out_codes
        )


def _columns(ended: Sequence[Sent]) -> dict[str, str]:
    """The arrays of the statements that record these calls."""
    answers = [answer or NOT_MADE for _, answer in ended]
    states = [BECOMES[answer.verdict] for answer in answers]
    return {
        "call_ids": array_of(call.id for call, _ in ended),
        "call_states": array_of(call_state.value for call_state, _ in states),
        "message_states": array_of(message_state.value for _, message_state in states),
        "provider_refs": quoted_array_of(answer.provider_ref for answer in answers),
        "http_statuses": quoted_array_of(answer.http_status for answer in answers),
        "error_codes": quoted_array_of(answer.error_code for answer in answers),
        "segments": quoted_array_of(answer.segments for answer in answers),
        "waits": quoted_array_of(_wait(answer) for answer in answers),
    }


def _wait(answer: Answer) -> float | None:
    """Seconds before its messages may be sent again; None lets it depend on the number of tries."""
    if answer.verdict is Verdict.RETRY:
        return answer.retry_after
    return 0.0


def database_is_away(error: DBAPIError) -> bool:
    """Whether trying again can help: no connection, a restart, a deadlock."""
    return isinstance(error, OperationalError) or bool(error.connection_invalidated)
