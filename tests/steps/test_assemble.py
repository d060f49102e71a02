"""Assemble: who gets what on which channel, all of it once, and the same from SQL and from Jinja."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from pipelines.domain.mapping import LoadMap
from pipelines.steps.journal import StepResult
from tests.builders import REMINDER
from tests.steps.assembling import (
    ANA,
    EMAIL,
    MAIL,
    MAP,
    PHONE,
    SMS,
    bench,
    make,
    rule,
)

__all__ = ["bench", "make"]


def test_a_message_says_what_will_be_sent_and_why(make):
    body = "Hello {{ first_name }}, {{ contact_at | day }} at {{ contact_at | clock }}."
    bench = make(texts=[("sms", "en", None, body), EMAIL])
    at = datetime(2031, 11, 24, 19, 30, tzinfo=UTC)
    bench.rows(ANA | {"contact_at": at, "local_at": "2031-11-24 14:30"})
    assert bench.run() == StepResult(1, 1, 0)
    (message,) = bench.messages()
    assert message.body == "Hello Ana, Monday, November 24 at 2:30 PM."
    assert (message.channel, message.address, message.state) == ("sms", PHONE, "ready")
    assert (message.rule, message.language, message.subject) == ("SMS to a mobile phone", "en", None)
    assert (message.segments, message.encoding) == (1, "GSM-7")
    assert message.expires_at == at
    assert message.template_id == bench.select("select id from template where body = :body", body=body)[0].id


def test_the_first_rule_that_can_reach_the_row_chooses(bench):
    bench.rows(
        ANA | {"phone_country": "US"},
        {"first_name": "Bo", "email": "bo@example.com"},
        {
            "first_name": "Cy",
            "phone": "+12125550199",
            "phone_country": "US",
            "can_text": False,
            "email": "cy@example.com",
        },
    )
    bench.run()
    assert [(one.channel, one.address, one.country, one.rule) for one in bench.messages()] == [
        ("sms", PHONE, "US", "SMS to a mobile phone"),
        ("email", "bo@example.com", None, "e-mail otherwise"),
        ("email", "cy@example.com", None, "e-mail otherwise"),
    ]


@pytest.mark.parametrize("subject", [EMAIL[2], EMAIL[2] + "{% if first_name == '?' %}?{% endif %}"])
def test_an_e_mail_has_a_subject_of_one_line_and_no_segments(make, subject):
    """Whether SQL fills the text or, because of a condition, Jinja."""
    bench = make(texts=[SMS, ("email", "en", subject, "Hello {{ first_name }}")])
    bench.rows({"first_name": "Ana\r\nBcc: all@example.com", "email": MAIL})
    bench.run()
    (message,) = bench.messages()
    assert message.subject == "For Ana Bcc: all@example.com"
    assert (message.segments, message.encoding) == (None, None)


def test_a_rule_and_a_text_can_name_a_column_of_the_file(make):
    bench = make(
        details=REMINDER | {"rules": [rule("to gate A", {"equals": ["gate", "A 4"]}, "sms"), rule("rest", {"has": "email"}, "email")]},
        texts=[("sms", "en", None, "Gate {{ gate }}"), EMAIL],
    )  # fmt: skip
    bench.rows(ANA | {"gate": "  A\u00a04 "}, ANA | {"gate": "B"})
    bench.run()
    assert [(one.channel, one.body) for one in bench.messages()] == [
        ("sms", "Gate A 4"),
        ("email", "Hello Ana"),
    ]


def test_rows_that_are_held_already_are_left_alone(bench):
    bench.rows(ANA, ANA | {"held": True}, ANA)
    with bench.uow() as uow:
        uow.execute(
            text(
                "insert into held_row (packet_id, row_no, client_id, step, line_no, code)"
                " select :p, n, :c, 'clean', n + 1, 'x' from unnest(array[2, 3]) as n"
            ),
            {"p": bench.packet, "c": bench.business.client_id},
        )
        uow.commit()
    assert bench.run() == StepResult(1, 1, 0)
    assert [message.row_no for message in bench.messages()] == [1]
    assert len(bench.held()) == 2


def test_a_second_run_makes_the_same_messages_and_no_more(bench):
    bench.rows(ANA, {"first_name": "Bo", "email": MAIL}, {"first_name": "Cy"})
    first = bench.run(), [(m.row_no, m.channel, m.body) for m in bench.messages()], len(bench.held())
    second = bench.run(), [(m.row_no, m.channel, m.body) for m in bench.messages()], len(bench.held())
    assert first == second


def test_two_packets_of_a_client_do_not_mix(bench):
    other = bench.new_packet()
    bench.rows(ANA)
    bench.rows(ANA | {"first_name": "Bo"}, packet=other)
    bench.run()
    assert [message.row_no for message in bench.messages()] == [1]
    bench.run(packet=other)
    assert len(bench.select("select 1 from message where packet_id in (:packet, :other)", other=other)) == 2


def test_sql_and_jinja_make_the_same_messages(make):
    """The same packet by a plain text and by the same text with a decision in it that changes nothing."""
    rows = [
        {
            "first_name": ("Ana", "Åsa 😀", "", "{{ 7*7 }}", "O'Brien \\ %s :x")[n % 5],
            "phone": PHONE if n % 3 else None,
            "email": MAIL if n % 4 else None,
            "language": ("en", "fr", "de")[n % 3],
            "gate": ("A4", "", " B  5 ")[n % 3],
            "local_at": ("2031-11-24 14:30", "2031-11-24", "2032-02-29 00:05")[n % 3],
        }
        for n in range(60)
    ]
    body = (
        "{{ first_name }}: {{ contact_at | day }}, {{ contact_at | date }}, {{ gate | default('no gate') }}"
    )
    results = []
    for extra in ("", "{% if gate == '?' %}?{% endif %}"):
        texts = [("sms", "en", None, body + extra), ("sms", "fr", None, "FR " + body + extra)]
        bench = make(texts=[*texts, ("email", "en", "To {{ first_name }}", body + extra)])
        bench.rows(*rows)
        bench.run()
        fields = (
            "row_no",
            "channel",
            "language",
            "subject",
            "body",
            "segments",
            "encoding",
            "state",
            "expires_at",
        )
        results.append(
            (
                [[getattr(message, field) for field in fields] for message in bench.messages()],
                sorted((held.row_no, held.code, json.dumps(held.params)) for held in bench.held()),
            )
        )
    assert len(results[0][0]) > 30
    assert results[0] == results[1]


def test_a_packet_without_rows_has_no_messages(bench):
    assert bench.run() == StepResult(0, 0, 0)


def test_a_client_s_name_is_part_of_every_text_and_wins_over_a_column(make):
    load_map = LoadMap(MAP.fields, {**MAP.extras, "client_name": "Gate"})
    bench = make(texts=[("sms", "en", None, "{{ client_name }}"), EMAIL], load_map=load_map)
    bench.rows(ANA)
    bench.run()
    assert bench.messages()[0].body == bench.business.slug


def test_a_column_may_be_called_as_ours_are(make):
    """The names of columns become names of ours nowhere."""
    names = {"text_no": "Gate", "channel": "Hour", "body": "Day"}
    load_map = LoadMap(
        {name: title for name, title in MAP.fields.items() if title not in names.values()}, names
    )
    body = " ".join(f"{{{{ {name} }}}}" for name in names)
    bench = make(texts=[("sms", "en", None, body + "{% if body %}!{% endif %}"), EMAIL], load_map=load_map)
    bench.rows(ANA | {"text_no": "seven", "channel": "x", "body": "y"})
    bench.run()
    assert bench.messages()[0].body == "seven x y!"
