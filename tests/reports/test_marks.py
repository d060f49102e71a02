"""Every state has a mark."""

from pipelines.reports.marks import CALLS, KINDS, MESSAGES, PACKETS, STEPS, call_mark, message_mark
from pipelines.states import CallState, MessageState, PacketState, StepState


def test_every_state_has_a_mark():
    assert set(PACKETS) == set(PacketState)
    assert set(STEPS) == set(StepState)
    assert set(MESSAGES) == set(MessageState)
    assert set(CALLS) == set(CallState)
    assert {*PACKETS.values(), *STEPS.values(), *MESSAGES.values(), *CALLS.values()} == set(KINDS)


def test_a_report_without_a_state_of_ours_is_another_event():
    assert (message_mark(None).kind, message_mark(None).words.code) == ("waiting", "another_event")
    assert message_mark("delivered").kind == call_mark("accepted").kind == "done"
