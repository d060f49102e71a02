"""Every state of a packet, a step, a message and a provider call, named once, and the sets of states that the rest refers to."""

from collections.abc import Iterable
from enum import StrEnum


class PacketState(StrEnum):
    REFUSED = "refused"  # never entered: nothing loaded, the reason is kept
    RECEIVED = "received"  # stored and verified, waiting for its run
    PREPARING = "preparing"  # load to assemble
    SENDING = "sending"  # lanes are at work
    SETTLED = "settled"  # every row accounted for
    STOPPED = "stopped"  # a step failed; the reason is kept and the step can run again


class StepState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    KEPT = "kept"  # ran again after something was sent: verified, nothing changed
    FAILED = "failed"


class MessageState(StrEnum):
    READY = "ready"  # waiting for a lane
    SENDING = "sending"  # claimed, the provider may or may not have it
    UNKNOWN = "unknown"  # the lane died or the answer was lost; never sent again blindly
    ACCEPTED = "accepted"  # the provider has it (Twilio 201, Mailgun 200)
    SENT = "sent"  # the provider passed it on
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"  # accepted, later reported as not delivered
    FAILED = "failed"  # the provider refused it for good
    SUPPRESSED = "suppressed"  # opted out or blocked
    EXPIRED = "expired"  # its deadline passed before it could be sent
    CANCELLED = "cancelled"


class CallState(StrEnum):
    """One HTTP call to a provider."""

    SENDING = "sending"
    ACCEPTED = "accepted"
    REFUSED = "refused"  # for good
    RETRY = "retry"  # known not accepted; its messages went back to ready
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What became of a row; every row has exactly one: the conservation law (B6)."""

    SENT = "sent"
    FAILED = "failed"
    HELD = "held"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    WAITING = "waiting"


# The steps in their order: each is a folder of pipelines/steps and of sql/steps, and a task of dags/packet.py.
PREPARE_STEPS = (
    "load",
    "map_fields",
    "clean",
    "check",
    "assemble",
)  # each replaces its own output; nothing is sent yet
STEPS = (*PREPARE_STEPS, "dispatch", "settle")

# The provider has taken these: the row counts as sent and is never sent again.
TAKEN = frozenset(
    {MessageState.ACCEPTED, MessageState.SENT, MessageState.DELIVERED, MessageState.UNDELIVERED}
)
# The provider has them or may have them: a prepare step must not touch them.
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

# A row with several messages counts by the first of these that one of them has: whatever may still go out keeps the row open.
# With HELD, which no message has, these are all outcomes.
STRONGEST_FIRST = (
    Outcome.WAITING,
    Outcome.SENT,
    Outcome.FAILED,
    Outcome.SUPPRESSED,
    Outcome.EXPIRED,
    Outcome.CANCELLED,
)


def row_outcome(messages: Iterable[MessageState]) -> Outcome:
    """The outcome of a row that is not held, by the states of its messages. Raises ValueError for a row without messages."""
    return min((OUTCOME_OF[state] for state in messages), key=STRONGEST_FIRST.index)
