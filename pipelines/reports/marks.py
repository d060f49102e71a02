"""The mark and the words that stand for a state, on a page and on a terminal."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pipelines.language import Sentence
from pipelines.language.vocabulary import call_state, message_state, packet_state
from pipelines.reports.needs import Need
from pipelines.reports.pauses import Pause
from pipelines.states import CallState, MessageState, PacketState, StepState

PACKETS = {
    PacketState.RECEIVED: "waiting",
    PacketState.PREPARING: "moving",
    PacketState.AWAITING_CREDIT: "needs",
    PacketState.SENDING: "moving",
    PacketState.SETTLED: "done",
    PacketState.STOPPED: "needs",
    PacketState.REFUSED: "needs",
}
STEPS = {
    StepState.RUNNING: "moving",
    StepState.DONE: "done",
    StepState.KEPT: "done",
    StepState.FAILED: "needs",
}
MESSAGES = {
    MessageState.READY: "waiting",
    MessageState.SENDING: "moving",
    MessageState.UNKNOWN: "needs",
    MessageState.ACCEPTED: "moving",
    MessageState.SENT: "moving",
    MessageState.DELIVERED: "done",
    MessageState.UNDELIVERED: "needs",
    MessageState.FAILED: "needs",
    MessageState.SUPPRESSED: "done",
    MessageState.EXPIRED: "needs",
    MessageState.CANCELLED: "done",
}
CALLS = {
    CallState.SENDING: "moving",
    CallState.ACCEPTED: "done",
    CallState.REFUSED: "needs",
    CallState.RETRY: "waiting",
    CallState.UNKNOWN: "needs",
}
KINDS = ("waiting", "moving", "done", "needs")


@dataclass(frozen=True, slots=True)
class Mark:
    """`kind` is one of KINDS: waiting, moving, done, or needs (a person). Each has a shape of its own."""

    kind: str
    words: Sentence


def packet_mark(state: str, needs: Iterable[Need], pauses: Collection[Pause] = ()) -> Mark:
    """The mark of a packet: of its state, unless something of it needs somebody in spite of that, or it is paused or cancelled."""
    kind = PACKETS[PacketState(state)]
    if kind != "needs":
        for words in filter(None, map(_instead_of_state, needs)):
            return Mark("needs", words)
    if any(pause.final for pause in pauses):
        return Mark(kind, Sentence("packet_is_cancelled"))
    if pauses and kind != "done":
        return Mark("waiting", Sentence("packet_is_paused"))
    return Mark(kind, packet_state(state))


def _instead_of_state(need: Need) -> Sentence | None:
    """What stands there while this need is open: a packet with one is not finished, and does not move."""
    if need.is_flaw:
        return Sentence("packet_does_not_add_up")
    if need.is_stalled:
        return Sentence("packet_stands_still")
    if need.code == "unfinished":
        return Sentence("packet_not_finished")
    if need.code == "sent_twice":
        return Sentence("packet_sent_twice")
    return (
        Sentence("packet_has_unknown", {"n": need.cases}) if need.code in {"unknown", "undecided"} else None
    )


def message_mark(state: str | None) -> Mark:
    """The mark of a message, or of what a provider reports of it: None for an event without a state."""
    if state is None:
        return Mark("waiting", Sentence("another_event"))
    return Mark(MESSAGES[MessageState(state)], message_state(state))


def call_mark(state: str) -> Mark:
    """The mark of a call to a provider."""
    return Mark(CALLS[CallState(state)], call_state(state))
