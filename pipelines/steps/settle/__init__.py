"""Settle: every row of the file has exactly one outcome, and they add up; then the packet is closed."""

from typing import Any

from sqlalchemy import Row

from pipelines.domain.words import counted
from pipelines.errors import StepFailed
from pipelines.states import OUTCOME_OF, STRONGEST_FIRST, PacketState
from pipelines.steps.journal import PacketFacts, StepContext, StepResult
from pipelines.store.sqlfile import sql


def run(context: StepContext) -> StepResult:
    """Add up the packet and close it when nothing of it is ready or under way.

    The totals are kept in any case; a run that did not reach its end is stopped with its sentence, and red.
    """
    uow, packet = context.uow, context.packet
    # Whoever moves totals takes this row first: what they add comes after what is counted here, or is in it.
    uow.execute(sql("steps/packet/lock"), {"packet_id": packet.id})
    totals = uow.one(sql("steps/settle/totals"), _parameters(packet))
    ends = uow.one(sql("steps/settle/open_ends"), {"packet_id": packet.id})
    problem = _problem(totals, ends)
    if problem is None:
        uow.execute(sql("steps/settle/close"), {"packet_id": packet.id})
    return StepResult(totals.rows_in, totals.sent, totals.held, note=_note(totals, ends), stop=problem)


def _parameters(packet: PacketFacts) -> dict[str, Any]:
    """The parameters of sql/steps/settle/totals."""
    return {
        "client_id": packet.client_id,
        "packet_id": packet.id,
        "message_states": [state.value for state in OUTCOME_OF],
        "state_outcomes": [outcome.value for outcome in OUTCOME_OF.values()],
        "outcomes": [outcome.value for outcome in STRONGEST_FIRST],
    }


def _problem(totals: Row[Any], ends: Row[Any]) -> StepFailed | None:
    """What makes this packet's end a bad one."""
    if ends.state in {PacketState.STOPPED, PacketState.REFUSED}:
        return StepFailed(ends.problem or f"The packet is {ends.state}.", code=ends.problem_code)
    if ends.unended is not None:
        return StepFailed(
            f"The step {ends.unended} did not end well. Run it and what follows it again.",
            code="step_unended",
        )
    if ends.loaded is not None and ends.loaded != totals.rows_in:
        return StepFailed(
            f"{ends.loaded} rows were read and {totals.rows_in} are there. Run the step load again, or ask support.",
            code="rows_lost",
        )
    if totals.bare:
        return StepFailed(
            f"{totals.bare} rows have neither a message nor a reason for being held. Run the step assemble again.",
            code="rows_without_outcome",
        )
    if totals.twofold:
        return StepFailed(
            f"{totals.twofold} rows are held and have a message all the same. Ask support before anything is sent.",
            code="rows_twofold",
        )
    return None


def _note(totals: Row[Any], ends: Row[Any]) -> str:
    law = (
        f"{totals.rows_in} rows = {totals.sent} sent + {totals.failed} failed + {totals.held} held"
        f" + {totals.suppressed} suppressed + {totals.expired} expired + {totals.cancelled} cancelled"
        f" + {totals.waiting} waiting."
    )
    parts = [law]
    if ends.unknown:
        parts.append(
            f"Unknown: {counted(ends.unknown, 'message')}. What the provider may have is not sent again."
        )
    if ends.sending:
        parts.append(f"Still under way: {counted(ends.sending, 'message')}.")
    if ends.ready:
        parts.append(f"Still ready: {counted(ends.ready, 'message')}. Run the step dispatch again.")
    return " ".join(parts)
