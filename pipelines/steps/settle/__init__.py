"""Settle: check that every row of the file has exactly one outcome and that rows and money add up, then close the packet."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from pipelines.billing.proofs import packet_differences
from pipelines.errors import StepFailed
from pipelines.events.cancelling import cancel_unsent
from pipelines.events.totals import add_up, close
from pipelines.language import Sentence
from pipelines.language.money import priced
from pipelines.language.vocabulary import outcome_of, packet_state, step_title
from pipelines.language.zoned import zoned
from pipelines.states import Outcome, PacketState
from pipelines.steps.journal import StepContext, StepResult
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


def run(context: StepContext) -> StepResult:
    """Add up the packet and close it when no message of it is ready or in flight.

    The totals are kept in any case. A run that did not complete fails with its reason. One that another run has superseded never fails,
    because that run's lanes may be at work: then it leaves the packet to that run, and otherwise adds up what its own lanes did last. It does not
    close a packet whose money differs; the newer run says so.
    """
    uow, packet = context.uow, context.packet
    if uow.scalar(sql("steps/packet/cancelled"), {"packet_id": packet.id}):
        cancel_unsent(uow.engine, packet.id)
    # Every transaction that changes totals locks this row first, so its changes are either counted here or added afterwards.
    uow.execute(sql("steps/packet/lock"), {"packet_id": packet.id})
    superseded = uow.scalar(
        sql("steps/packet/superseded"), {"packet_id": packet.id, "run_id": context.run_id}
    )
    if superseded and not uow.all(sql("events/totalled"), {"packet_ids": [packet.id]}):
        return StepResult(0, 0, 0, note=Sentence("run_superseded"))
    totals = add_up(uow, packet.client_id, packet.id)
    ends = uow.one(sql("steps/settle/open_ends"), {"packet_id": packet.id})
    problem = None if ends.cancelled or superseded else _problem(totals, ends)
    problem = problem or _money_problem(uow, packet.id)
    if problem is None:
        close(uow, packet.id)
    return StepResult(
        totals.rows_in,
        totals.sent,
        totals.held,
        note=_note(totals, ends, packet.time_zone),
        stop=None if superseded else problem,
    )


def _problem(totals: Row[Any], ends: Row[Any]) -> StepFailed | None:
    """Why this packet cannot be settled, if anything prevents it."""
    if ends.state in {PacketState.STOPPED, PacketState.REFUSED}:
        problem = Sentence.read(ends.problem_code, ends.problem_params)
        return StepFailed(problem or Sentence("packet_is_in_state", {"state": packet_state(ends.state)}))
    if ends.unended is not None:
        return StepFailed("step_unended", step=step_title(ends.unended))
    if ends.loaded is not None and ends.loaded != totals.rows_in:
        return StepFailed("rows_lost", read=ends.loaded, there=totals.rows_in, step=step_title("load"))
    if totals.without_outcome:
        return StepFailed("rows_without_outcome", n=totals.without_outcome, step=step_title("assemble"))
    if totals.held_with_message:
        return StepFailed("rows_twofold", n=totals.held_with_message)
    return None


def _money_problem(uow: UnitOfWork, packet_id: UUID) -> StepFailed | None:
    """What was reserved or charged for this packet, and does not follow from its messages."""
    for wrong in packet_differences(uow, [packet_id]):
        return StepFailed(
            "money_differs",
            expected=priced(wrong.expected, wrong.currency),
            actual=priced(wrong.actual, wrong.currency),
        )
    return None


def _note(totals: Row[Any], ends: Row[Any], zone: str) -> Sentence:
    rows = {outcome: getattr(totals, outcome) for outcome in Outcome}
    parts = [
        Sentence("rows_with_outcome", {"n": n, "outcome": outcome_of(n, outcome)})
        for outcome, n in rows.items()
    ]
    sentences = [Sentence("rows_add_up", {"n": totals.rows_in, "parts": parts})]
    open_ends = {state: getattr(ends, state) for state in ("unknown", "sending", "ready")}
    problem = Sentence.read(ends.problem_code, ends.problem_params)
    if ends.ready and ends.paused:
        sentences.append(Sentence("messages_wait_for_resume", {"n": open_ends.pop("ready")}))
    elif ends.state == PacketState.AWAITING_CREDIT and problem:
        del open_ends["ready"]
        sentences.append(problem)
    elif ends.ready and ends.goes_on_at:
        del open_ends["ready"]
        at = zoned(ends.goes_on_at, zone)
        sentences.append(Sentence("messages_wait", {"n": ends.ready, "at": at}))
    sentences += [
        Sentence(f"messages_still_{state}", {"n": n, "step": step_title("dispatch")})
        for state, n in open_ends.items()
        if n
    ]
    return Sentence("several", {"sentences": sentences})
