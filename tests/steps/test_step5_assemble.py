"""Assemble: who gets what, on which channel, until when; who gets nothing, and why; and all of it once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from pipelines.domain.campaign import Campaign
from pipelines.domain.mapping import LoadMap
from pipelines.errors import StepFailed
from pipelines.steps.journal import StepResult
from tests.builders import REMINDER
from tests.steps.assembling import HEADER, MAP, SOON, ZONE, Bench, local

PHONE, MAIL = "+12125550123", "ana@example.com"
ANA = {"first_name": "Ana", "phone": PHONE, "email": MAIL}
SMS = ("sms", "en", None, "Hello {{ first_name }}, see you on {{ contact_at | day }}.")
EMAIL = ("email", "en", "For {{ first_name }}", "Hello {{ first_name }}")


@pytest.fixture
def bench(database, tmp_path) -> Bench:
    return Bench(database, tmp_path)


@pytest.fixture
def make(database, tmp_path):
    return lambda **changes: Bench(database, tmp_path, **changes)


def rule(name, when, send):
    return {"name": name, "when": when, "send": send}


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
    assert message.template_id == bench.select("select id from template")[0].id


def test_the_first_rule_that_can_reach_the_row_chooses(bench):
    bench.rows(
        ANA,
        {"first_name": "Bo", "email": "bo@example.com"},
        {"first_name": "Cy", "phone": "+12125550199", "can_text": False, "email": "cy@example.com"},
    )
    bench.run()
    assert [(one.channel, one.address, one.rule) for one in bench.messages()] == [
        ("sms", PHONE, "SMS to a mobile phone"),
        ("email", "bo@example.com", "e-mail otherwise"),
        ("email", "cy@example.com", "e-mail otherwise"),
    ]


def test_an_e_mail_has_a_subject_of_one_line_and_no_segments(make):
    bench = make(texts=[SMS, EMAIL])
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


@pytest.mark.parametrize(
    ("language", "body", "spoken"),
    [
        ("fr", "Bonjour Ana, lundi 24 novembre.", "fr"),
        ("fr-CA", "Bonjour Ana, lundi 24 novembre.", "fr"),
        ("es", "Hola Ana, lunes, 24 de noviembre.", "es"),
        ("en", "Hello Ana, Monday, November 24.", "en"),
        # Nobody wrote a German text: the client's language is better than none, and its dates follow it.
        ("de", "Hello Ana, Monday, November 24.", "en"),
    ],
)
def test_each_person_is_written_to_in_a_language_that_there_is(make, language, body, spoken):
    texts = [("sms", code, None, f"{word} {{{{ first_name }}}}, {{{{ contact_at | day }}}}.")
             for code, word in (("en", "Hello"), ("fr", "Bonjour"), ("es", "Hola"))]  # fmt: skip
    bench = make(texts=[*texts, EMAIL])
    bench.rows(ANA | {"language": language, "local_at": "2031-11-24 14:30", "contact_at": SOON})
    bench.run()
    (message,) = bench.messages()
    assert (message.body, message.language) == (body, spoken)


def test_a_row_in_a_language_without_text_is_held_where_there_is_nothing_to_fall_back_on(make):
    bench = make(texts=[("sms", "fr", None, "Bonjour"), ("email", "fr", "Bonjour", "Bonjour")])
    bench.rows(ANA | {"language": "fr"}, ANA | {"language": "de"})
    assert bench.run() == StepResult(2, 1, 1)
    (held,) = bench.held()
    assert (held.rule, held.column_name, held.row_no, held.line_no) == ("no_template", "Lang", 2, 3)
    assert (
        held.sentence
        == "The campaign has no text in the language of this row, and none in en to take instead."
    )


def test_the_newest_version_of_a_text_is_sent(bench):
    with bench.uow() as uow:
        bench.add_text(uow, "sms", "en", None, "Newer", version=2)
        uow.commit()
    bench.rows(ANA)
    bench.run()
    assert bench.messages()[0].body == "Newer"


def test_a_row_that_nobody_can_reach_is_held(bench):
    bench.rows({"first_name": "Ana"}, {"first_name": "Bo", "phone": PHONE, "can_text": False})
    assert bench.run() == StepResult(2, 0, 2)
    assert {(held.rule, held.step, held.column_name) for held in bench.held()} == {
        ("no_channel", "assemble", None)
    }
    assert bench.held()[0].sentence == (
        "None of the campaign's rules can reach this row. Fill in a mobile number or an e-mail address that it can be sent to."
    )


@pytest.mark.parametrize("extra", ["", "{% if gate %}!{% endif %}"], ids=["in SQL", "by Jinja"])
def test_a_row_that_lacks_what_the_text_says_is_held_for_each_value(make, extra):
    bench = make(
        texts=[("sms", "en", None, "{{ first_name }} {{ contact_at | clock }} {{ gate }}" + extra), EMAIL]
    )
    bench.rows(
        {"phone": PHONE, "local_at": "2031-11-24", "gate": "  "},
        ANA | {"gate": "A4"},
        {"phone": PHONE},
    )
    assert bench.run() == StepResult(3, 1, 2)
    first_name, time, gate = "the first name", "the time", "“Gate”"
    assert {(held.row_no, held.column_name, held.rule, held.sentence) for held in bench.held()} == {
        (row_no, column, "missing_value", f"The text of the message says {what}, and this row has none. Fill it in.")
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
    assert (long_text.rule, long_text.row_no) == ("too_long", 2)
    assert long_text.sentence == (
        "The text of this row would be 1,012 characters long, and 918 are the most for SMS. Shorten what the row puts into it."
    )
    assert (long_subject.rule, long_subject.row_no) == ("subject_too_long", 4)
    assert long_subject.sentence.startswith(
        "The subject of this row would be 990 characters long, and 989 are the most."
    )


def test_no_sentence_and_no_value_repeats_what_a_row_says(make):
    bench = make(texts=[("sms", "en", None, "{{ gate }} {{ first_name }}"), EMAIL])
    bench.rows(
        {"first_name": "Secretname", "phone": PHONE},
        {"first_name": "Secretname"},
        ANA | {"gate": "Secretname" * 100},
    )
    bench.run()
    assert len(bench.held()) == 3
    assert not any("Secretname" in held.sentence or PHONE in held.sentence for held in bench.held())
    assert all(held.value is None for held in bench.held())


def test_who_asked_for_no_more_gets_no_more(bench):
    with bench.uow() as uow:
        for channel, address in (("sms", PHONE), ("email", "other@example.com")):
            uow.execute(
                text("insert into suppression (client_id, channel, address, reason, source) values (:c, :channel, :address, 'opted_out', 'x')"),
                {"c": bench.business.client_id, "channel": channel, "address": address},
            )  # fmt: skip
        uow.commit()
    past = datetime.now(UTC) - timedelta(hours=1)
    bench.rows(
        ANA,
        ANA | {"phone": "+12125550999"},
        {"first_name": "Bo", "email": MAIL},
        ANA | {"contact_at": past, "local_at": local(past)},
    )
    assert bench.run() == StepResult(4, 4, 0)
    assert [message.state for message in bench.messages()] == ["suppressed", "ready", "ready", "suppressed"]


def test_another_client_s_opt_outs_are_not_ours(make, bench):
    other = make()
    with other.uow() as uow:
        uow.execute(
            text("insert into suppression (client_id, channel, address, reason, source) values (:c, 'sms', :a, 'opted_out', 'x')"),
            {"c": other.business.client_id, "a": PHONE},
        )  # fmt: skip
        uow.commit()
    bench.rows(ANA)
    bench.run()
    assert bench.messages()[0].state == "ready"


MINUTE = timedelta(minutes=1)
NOW = datetime.now(UTC).replace(second=0, microsecond=0)


@pytest.mark.parametrize(
    ("minutes", "contact_at", "local_at", "state"),
    [
        (0, NOW - MINUTE, None, "expired"),
        (0, NOW + 2 * MINUTE, None, "ready"),
        (60, NOW + 59 * MINUTE, None, "expired"),
        (60, NOW + 62 * MINUTE, None, "ready"),
        (None, NOW - timedelta(days=9), None, "ready"),
        (0, None, "", "ready"),
        # A date without a time lasts until midnight where the contact takes place.
        (0, NOW - timedelta(days=2), "date", "expired"),
        (0, NOW - timedelta(hours=1), "date", "ready or not"),
    ],
)
def test_what_is_too_late_is_not_sent(make, minutes, contact_at, local_at, state):
    details = {name: value for name, value in REMINDER.items() if name != "deadline"}
    if minutes is not None:
        details["deadline"] = {"minutes_before_contact": minutes}
    bench = make(details=details, texts=[("sms", "en", None, "Hello"), EMAIL])
    said = local(contact_at) if contact_at else None
    said = said[:10] if said and local_at == "date" else said
    bench.rows(ANA | {"contact_at": contact_at, "local_at": said})
    bench.run()
    (message,) = bench.messages()
    expected = Campaign.from_json(details).deadline(contact_at, ZONE, has_time=bool(said and len(said) > 10))
    assert message.expires_at == expected
    assert message.state == (
        state if state != "ready or not" else "ready" if expected > datetime.now(UTC) else "expired"
    )


def test_rows_that_are_held_already_are_left_alone(bench):
    bench.rows(ANA, ANA | {"held": True}, ANA)
    with bench.uow() as uow:
        uow.execute(
            text(
                "insert into held_row (packet_id, row_no, client_id, step, line_no, rule, sentence)"
                " select :p, n, :c, 'clean', n + 1, 'x', 'x' from unnest(array[2, 3]) as n"
            ),
            {"p": bench.packet, "c": bench.business.client_id},
        )
        uow.commit()
    assert bench.run() == StepResult(1, 1, 0)
    assert [message.row_no for message in bench.messages()] == [1]
    assert len(bench.held()) == 2


def test_each_message_has_one_id_and_one_key_for_good(bench):
    bench.rows(*[ANA] * 300)
    bench.run()
    keys = bench.select("select * from message_key where packet_id = :packet order by row_no")
    messages = bench.messages()
    assert [(key.row_no, key.step_no, key.channel, key.message_id) for key in keys] == [
        (message.row_no, 1, "sms", message.id) for message in messages
    ]
    assert len({message.id for message in messages}) == 300
    assert {message.id.version for message in messages} == {7}
    assert [message.id for message in messages] == sorted(message.id for message in messages)
    made_at = bench.select(
        "select uuid_extract_timestamp(id) as at from message where packet_id = :packet limit 1"
    )[0].at
    assert abs(made_at - datetime.now(UTC)) < timedelta(minutes=1)


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
                sorted((held.row_no, held.rule, held.sentence) for held in bench.held()),
            )
        )
    assert len(results[0][0]) > 30
    assert results[0] == results[1]


def refused(bench) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        bench.run()
    assert bench.messages() == []
    return caught.value


def test_a_text_that_names_what_is_no_column_stops_the_packet(make):
    failed = refused(make(texts=[("sms", "en", None, "Gate {{ gatte }}"), EMAIL]))
    assert failed.code == "template_refused"
    assert failed.sentence == (
        "The SMS text in en cannot be used. The text names gatte, which is no known field or column. Did you mean gate?"
    )


def test_a_text_that_no_row_of_this_file_could_fill_stops_the_packet(make):
    failed = refused(make(texts=[("sms", "en", None, "Dear {{ last_name }}"), EMAIL]))
    assert failed.code == "template_names_missing_column"
    assert failed.sentence.startswith("The SMS text in en says last_name, and the file has no column for it.")


def test_a_time_that_the_file_does_not_have_stops_the_packet_and_a_question_for_it_does_not(make):
    header = [title for title in HEADER if title != "Hour"]
    without_time = LoadMap({name: title for name, title in MAP.fields.items() if title != "Hour"}, MAP.extras)
    failed = refused(
        make(
            texts=[("sms", "en", None, "{{ contact_at | clock }}"), EMAIL],
            header=header,
            load_map=without_time,
        )
    )
    assert failed.sentence.startswith(
        "The SMS text in en says contact_time, and the file has no column for it."
    )


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
        ([rule("x", {"has": "phone"}, "pigeon")], "no_channel", "The rule “x” sends by pigeon, and there is no such channel. There are email, sms."),
        ([rule("x", {"has": "gatte"}, "sms")], "rule_names_missing_column", "The rule “x” looks at gatte, which is no field and no column of the file."),
        ([], "campaign_invalid", "The campaign's details cannot be used. rules must not be empty."),
    ],
)  # fmt: skip
def test_rules_that_do_not_fit_the_file_stop_the_packet(make, rules, code, sentence):
    failed = refused(make(details=REMINDER | {"rules": rules}))
    assert failed.code == code
    assert failed.sentence.startswith(sentence)


def test_a_channel_without_any_text_stops_the_packet(make):
    failed = refused(make(texts=[SMS]))
    assert (
        failed.sentence
        == "The campaign sends by e-mail and has no text for it. Write one and run this step again."
    )


def test_a_packet_without_rows_has_no_messages(bench):
    assert bench.run() == StepResult(0, 0, 0)


def test_a_broken_text_leaves_the_messages_of_the_last_run(bench):
    bench.rows(ANA)
    bench.run()
    with bench.uow() as uow:
        bench.add_text(uow, "sms", "en", None, "{{ gatte }}", version=2)
        uow.commit()
    with pytest.raises(StepFailed):
        bench.run()
    assert len(bench.messages()) == 1


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
