"""Who gets nothing, and why."""

import pytest

from pipelines.language import LANGUAGES, Sentence, say
from pipelines.steps.assemble.holds import CODES
from pipelines.steps.journal import StepResult
from tests.steps.assembling import (
    ANA,
    EMAIL,
    MAIL,
    PHONE,
    bench,
    make,
)

__all__ = ["bench", "make"]


def words(held):
    return say(Sentence.from_json(held.code, held.params))


def test_a_row_in_a_language_without_text_is_held_where_there_is_nothing_to_fall_back_on(make):
    bench = make(texts=[("sms", "fr", None, "Bonjour"), ("email", "fr", "Bonjour", "Bonjour")])
    bench.rows(ANA | {"language": "fr"}, ANA | {"language": "de"})
    assert bench.run() == StepResult(2, 1, 1)
    (held,) = bench.held()
    assert (held.code, held.column_name, held.row_no, held.line_no) == ("no_template", "Lang", 2, 3)
    assert (
        words(held) == "The campaign has no text in the language of this row, and none in en to use instead."
    )


def test_a_row_that_nobody_can_reach_is_held(bench):
    bench.rows({"first_name": "Ana"}, {"first_name": "Bo", "phone": PHONE, "can_text": False})
    assert bench.run() == StepResult(2, 0, 2)
    assert {(held.code, held.step, held.column_name) for held in bench.held()} == {
        ("no_channel", "assemble", None)
    }
    assert words(bench.held()[0]) == (
        "None of the campaign’s rules can reach this row. Correct or fill in its mobile number or e-mail address."
    )


@pytest.mark.parametrize("extra", ["", "{% if gate %}!{% endif %}"], ids=["in SQL", "by Jinja"])
def test_a_row_is_held_for_each_value_that_the_text_needs_and_it_lacks(make, extra):
    bench = make(
        texts=[("sms", "en", None, "{{ first_name }} {{ contact_at | clock }} {{ gate }}" + extra), EMAIL]
    )
    bench.rows(
        {"phone": PHONE, "local_at": "2031-11-24", "gate": "  "},
        ANA | {"gate": "A4"},
        {"phone": PHONE},
    )
    assert bench.run() == StepResult(3, 1, 2)
    first_name, time, gate = "first name", "time", "Gate"
    assert {(held.row_no, held.column_name, held.code, words(held)) for held in bench.held()} == {
        (row_no, column, "missing_value", f"The text of the message says “{what}”, and this row has none. Fill it in.")
        for row_no, column, what in (
            (1, "First", first_name), (1, "Hour", time), (1, "Gate", gate), (3, "First", first_name), (3, "Gate", gate),
        )
    }  # fmt: skip
    assert [message.row_no for message in bench.messages()] == [2]


def test_a_text_that_is_too_long_is_held_with_its_length(make):
    bench = make(texts=[("sms", "en", None, "{{ gate }}"), ("email", "en", "{{ gate }}", "x")])
    bench.rows(
        ANA | {"gate": "x" * 918},
        ANA | {"gate": "x" * 1_012},
        {"email": MAIL, "gate": "x" * 989},
        {"email": MAIL, "gate": "x" * 990},
    )
    assert bench.run() == StepResult(4, 2, 2)
    assert [(message.row_no, message.segments) for message in bench.messages()] == [(1, 6), (3, None)]
    long_text, long_subject = bench.held()
    assert (long_text.code, long_text.row_no) == ("too_long", 2)
    assert words(long_text) == (
        "The text of this row would be 1,012 characters long; at most 918 are allowed for SMS. Shorten what the row puts into it."
    )
    assert (long_subject.code, long_subject.row_no) == ("subject_too_long", 4)
    assert words(long_subject).startswith(
        "The subject of this row would be 990 characters long; at most 989 are allowed for e-mail."
    )


def test_every_reason_has_a_sentence_in_every_language(make):
    texts = [
        ("sms", "fr", None, "{{ gate }} {{ first_name }}"),
        ("email", "fr", "{{ gate }}", "x"),
    ]
    bench = make(texts=texts)
    french = {"first_name": "Ana", "language": "fr"}
    bench.rows(
        {"first_name": "Ana"},
        {"first_name": "Ana", "phone": "+33612345678", "phone_country": "FR"},
        {"first_name": "Ana", "phone": PHONE, "language": "de"},
        {"phone": PHONE, "language": "fr", "gate": "A4"},
        french | {"phone": PHONE, "gate": "x" * 1_012},
        french | {"email": MAIL, "gate": "x" * 990},
    )
    bench.run()
    held = bench.held()
    assert [one.code for one in held] == list(CODES)
    for one in held:
        sentence = Sentence.from_json(one.code, one.params)
        assert len({say(sentence, language) for language in LANGUAGES}) == len(LANGUAGES)


def test_no_sentence_repeats_a_value_of_the_row(make):
    bench = make(texts=[("sms", "en", None, "{{ gate }} {{ first_name }}"), EMAIL])
    bench.rows(
        {"first_name": "Secretname", "phone": PHONE},
        {"first_name": "Secretname"},
        ANA | {"gate": "Secretname" * 100},
    )
    bench.run()
    assert len(bench.held()) == 3
    assert not any("Secretname" in words(held) or PHONE in words(held) for held in bench.held())
    assert all(held.value is None for held in bench.held())
