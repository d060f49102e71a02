"""Which text a row gets, and which texts stop a packet."""

import pytest

from pipelines.domain.mapping import LoadMap
from pipelines.errors import StepFailed
from tests.builders import REMINDER
from tests.steps.assembling import ANA, EMAIL, HEADER, MAP, SMS, SOON, bench, make, rule

__all__ = ["bench", "make"]


@pytest.mark.parametrize(
    ("language", "body", "used_language"),
    [
        ("fr", "Bonjour Ana, lundi 24 novembre.", "fr"),
        ("fr-CA", "Bonjour Ana, lundi 24 novembre.", "fr"),
        ("es", "Hola Ana, lunes, 24 de noviembre.", "es"),
        ("en", "Hello Ana, Monday, November 24.", "en"),
        # There is no German text: the client's language is used, for the dates as well.
        ("de", "Hello Ana, Monday, November 24.", "en"),
    ],
)
def test_each_row_gets_a_text_in_its_language_or_the_fallback(make, language, body, used_language):
    texts = [("sms", code, None, f"{word} {{{{ first_name }}}}, {{{{ contact_at | day }}}}.")
             for code, word in (("en", "Hello"), ("fr", "Bonjour"), ("es", "Hola"))]  # fmt: skip
    bench = make(texts=[*texts, EMAIL])
    bench.rows(ANA | {"language": language, "local_at": "2031-11-24 14:30", "contact_at": SOON})
    bench.run()
    (message,) = bench.messages()
    assert (message.body, message.language) == (body, used_language)


def test_the_newest_version_of_a_text_is_sent(bench):
    bench.write([("sms", "en", None, "Newer"), EMAIL])
    bench.packet = bench.new_packet()
    bench.rows(ANA)
    bench.run()
    assert bench.messages()[0].body == "Newer"


def refused(bench) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        bench.run()
    assert bench.messages() == []
    return caught.value


def test_a_text_with_an_unknown_name_stops_the_packet(make):
    failed = refused(make(texts=[("sms", "en", None, "Gate {{ gatte }}"), EMAIL]))
    assert failed.code == "template_refused"
    assert str(failed) == (
        "The SMS text in en cannot be used. The text names gatte, which is not a known field or column. Did you mean gate?"
    )


def test_a_text_that_no_row_of_this_file_could_fill_stops_the_packet(make):
    failed = refused(make(texts=[("sms", "en", None, "Dear {{ last_name }}"), EMAIL]))
    assert failed.code == "template_names_missing_column"
    assert str(failed).startswith("The SMS text in en says last_name, and the file has no column for it.")


def test_a_time_that_the_file_does_not_have_stops_the_packet(make):
    header = [title for title in HEADER if title != "Hour"]
    without_time = LoadMap({name: title for name, title in MAP.fields.items() if title != "Hour"}, MAP.extras)
    failed = refused(
        make(
            texts=[("sms", "en", None, "{{ contact_at | clock }}"), EMAIL],
            header=header,
            load_map=without_time,
        )
    )
    assert str(failed).startswith("The SMS text in en says contact_time, and the file has no column for it.")


def test_a_declared_column_that_is_not_in_this_file_is_empty(make):
    details = REMINDER | {
        "fields": {"optional": ["doctor"]},
        "rules": [rule("r", {"not": {"has": "doctor"}}, "sms")],
    }
    bench = make(
        details=details, texts=[("sms", "en", None, "Hello{% if doctor %} from {{ doctor }}{% endif %}")]
    )
    bench.rows(ANA)
    bench.run()
    assert bench.messages()[0].body == "Hello"


@pytest.mark.parametrize(
    ("rules", "code", "sentence"),
    [
        ([rule("x", {"has": "phone"}, "pigeon")], "no_such_channel", "The rule “x” sends by pigeon, and there is no such channel. There are email, sms."),
        ([rule("x", {"has": "gatte"}, "sms")], "rule_names_missing_column", "The rule “x” looks at gatte, which is no field and no column of the file."),
        ([], "campaign_invalid", "The campaign cannot be used. rules must not be empty."),
    ],
)  # fmt: skip
def test_rules_that_do_not_fit_the_file_stop_the_packet(make, rules, code, sentence):
    failed = refused(make(details=REMINDER | {"rules": rules}))
    assert failed.code == code
    assert str(failed).startswith(sentence)


def test_a_channel_without_any_text_stops_the_packet(make):
    failed = refused(make(texts=[SMS]))
    assert (
        str(failed)
        == "The campaign sends by e-mail and has no text for it. Write one, then send the file again."
    )


def test_a_broken_text_leaves_the_messages_of_the_last_run(bench):
    bench.rows(ANA)
    bench.run()
    bench.write([("sms", "en", None, "{{ gatte }}"), EMAIL])
    bench.pin_to_newest()
    with pytest.raises(StepFailed):
        bench.run()
    assert len(bench.messages()) == 1
