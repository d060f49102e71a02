"""The portal has a word for every state and step."""

from pipelines.reports.messages import SHOWN
from pipelines.states import STEPS, CallState, MessageState, PacketState
from webapp.fab.words import CALL_WORDS, MESSAGE_WORDS, PACKET_WORDS, SHOWN_WORDS, STEP_WORDS


def test_every_state_and_step_has_words():
    assert set(PACKET_WORDS) == set(PacketState)
    assert tuple(STEP_WORDS) == STEPS
    assert set(MESSAGE_WORDS) == set(MessageState)
    assert set(CALL_WORDS) == set(CallState)
    assert set(SHOWN_WORDS) == set(SHOWN)
