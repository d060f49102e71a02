"""The states of packets, steps, messages and provider calls, and the sets of states that other modules use."""

from collections.abc import Iterable
from enum import StrEnum


class PacketState(StrEnum):
    REFUSED = "refused"  # not accepted: nothing is loaded, the reason is kept
    RECEIVED = "received"  # stored and verified, waiting for its run
    PREPARING = "preparing"  # from load to assemble
    AWAITING_CREDIT = "awaiting_credit"  # assembled; nothing is sent until its credit is reserved
    SENDING = "sending"  # lanes are at work
    SETTLED = "settled"  # every row is accounted for
    STOPPED = "stopped"  # a step failed; the reason is kept and the step can be run again


class StepState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    KEPT = "kept"  # run again after messages were sent: output verified, nothing changed
    FAILED = "failed"


class MessageState(StrEnum):
    READY = "ready"  # waiting for a lane
    SENDING = "sending"  # claimed by a lane; the provider may or may not have it
    UNKNOWN = "unknown"  # the lane died or the answer was lost; never resent blindly
    ACCEPTED = "accepted"  # the provider has it (Twilio 201, Mailgun 200)
    SENT = "sent"  # the provider passed it on
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"  # accepted, later reported as not delivered
    FAILED = "failed"  # the provider refused it permanently
    SUPPRESSED = "suppressed"  # opted out or blocked
    EXPIRED = "expired"  # its deadline passed before it could be sent
    CANCELLED = "cancelled"


class CallState(StrEnum):
    """One HTTP call to a provider."""

    SENDING = "sending"
    ACCEPTED = "accepted"
    REFUSED = "refused"  # permanently
    RETRY = "retry"  # certainly not accepted; its messages are ready again
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What became of a row. Every row has exactly one outcome: the conservation law (B6)."""

    SENT = "sent"
    FAILED = "failed"
    HELD = "held"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    WAITING = "waiting"


# The steps in order: each is a folder in pipelines/steps and sql/steps, and a task in dags/packet.py.
PREPARE_STEPS = (
    "load",
    "map_fields",
    "clean",
    "check",
    "assemble",
)  # each replaces its own earlier output; nothing has been sent
STEPS = (*PREPARE_STEPS, "dispatch", "settle")

# The provider accepted these: the row counts as sent and is never sent again.
TAKEN = frozenset(
    {MessageState.ACCEPTED, MessageState.SENT, MessageState.DELIVERED, MessageState.UNDELIVERED}
)
# The provider has these or may have them: a prepare step must not touch them.
TOUCHED = TAKEN | {MessageState.SENDING, MessageState.UNKNOWN, MessageState.FAILED}

OUTCOME_OF: dict[MessageState, Outcome] = {
    MessageState.READY: Outcome.WAITING,
    MessageState.SENDING: Outcome.WAITING,
    MessageState.UNKNOWN: Outcome.WAITING,
    MessageState.ACCEPTED: Outcome.SENT,
    MessageState.SENT: Outcome.SENT,
    MessageState.DELIVERED: Outcome.SENT,
    MessageState.UNDELIVERED: Outcome.SENT,
    MessageState.FAILED: Outcome.FAILED,
    MessageState.SUPPRESSED: Outcome.SUPPRESSED,
    MessageState.EXPIRED: Outcome.EXPIRED,
    MessageState.CANCELLED: Outcome.CANCELLED,
}

# A row with several messages has the first of these outcomes that any of them has: a message that may still go out keeps
# the row open. HELD, which no message has, is the only outcome missing here.
STRONGEST_FIRST = (
    Outcome.WAITING,
    Outcome.SENT,
    Outcome.FAILED,
    Outcome.SUPPRESSED,
    Outcome.EXPIRED,
    Outcome.CANCELLED,
)

# How a statement counts the rows of a packet by outcome (sql/steps/settle/totals, sql/actions/recount_packets/flaws): its parameters.
COUNT_OUTCOMES: dict[str, list[str]] = {
    "message_states": [state.value for state in OUTCOME_OF],
    "state_outcomes": [outcome.value for outcome in OUTCOME_OF.values()],
    "outcomes": [outcome.value for outcome in STRONGEST_FIRST],
}


def row_outcome(messages: Iterable[MessageState]) -> Outcome:
    """The outcome of a row that is not held, from the states of its messages. Raises ValueError for a row without messages."""
    return min((OUTCOME_OF[state] for state in messages), key=STRONGEST_FIRST.index)
