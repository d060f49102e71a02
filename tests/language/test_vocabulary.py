"""Every step, state and outcome has its words in every language, and no two of a kind have the same."""

import pytest

from pipelines.language import LANGUAGES, Sentence, say
from pipelines.language.catalogue import catalogue
from pipelines.language.vocabulary import (
    call_state,
    capitalized,
    message_state,
    outcome_of,
    packet_state,
    step_purpose,
    step_title,
)
from pipelines.states import STEPS, CallState, MessageState, Outcome, PacketState


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_has_a_title_and_a_purpose(language):
    words = catalogue(language)
    for step in STEPS:
        for code in (step_title(step).code, step_purpose(step).code):
            assert code in words, (
                f"The step {step} lacks words: add {code} to pipelines/language/{language}/vocabulary.po."
            )
            assert words[code].string == capitalized(words[code].string)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "members"),
    [
        (step_title, STEPS),
        (packet_state, PacketState),
        (message_state, MessageState),
        (call_state, CallState),
        (lambda outcome: outcome_of(2, outcome), Outcome),
    ],
    ids=["steps", "packets", "messages", "calls", "outcomes"],
)
def test_no_two_have_the_same_words(language, name, members):
    words = [say(name(member), language) for member in members]
    assert len(set(words)) == len(words)


def test_an_outcome_agrees_with_its_number():
    assert [say(outcome_of(n, "held"), "fr") for n in (1, 2)] == ["retenue", "retenues"]


def test_a_step_is_named_in_the_language_of_the_sentence_around_it():
    failed = Sentence("step_unended", {"step": step_title("assemble")})
    assert say(failed).startswith("The step “Assemble the messages” did not")
    assert say(failed, "fr").startswith("L’étape «\u00a0Composer les messages\u00a0» ne s’est pas")
    # As it is kept in the database.
    assert say(Sentence.from_json(**failed.to_json()), "vi").startswith("Bước “Soạn tin nhắn” ")
