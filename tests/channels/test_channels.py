"""Each file of the folder is a channel, and says all that a channel must."""

import sys

import pytest
from sqlalchemy import Boolean, Text, cast, column, func, literal, select, text

from pipelines.channels import ChannelFileError, channels, scan
from pipelines.channels.base import Channel, Measure
from pipelines.channels.wording.template import TemplateRefused
from pipelines.tables.packets import CleanRow

KNOWN = {"first_name", "contact_at"}


@pytest.fixture(params=sorted(channels()))
def channel(request) -> Channel:
    return channels()[request.param]


def test_the_folder_holds_these():
    assert sorted(channels()) == ["email", "sms"]


def test_a_channel_writes_to_a_column_of_the_clean_row(channel):
    assert channel.address in CleanRow.__table__.c
    assert channel.title
    assert channel.longest_body > 0


@pytest.mark.parametrize(
    ("row", "reached"),
    [
        ({"phone": "+12125550123", "can_text": None, "email": None}, {"sms"}),
        ({"phone": "+12125550123", "can_text": True, "email": "a@example.com"}, {"sms", "email"}),
        ({"phone": "+12125550123", "can_text": False, "email": "a@example.com"}, {"email"}),
        ({"phone": "", "can_text": None, "email": ""}, set()),
        ({"phone": None, "can_text": None, "email": None}, set()),
    ],
)
def test_who_is_reached_in_python_and_in_sql(database, row, reached):
    assert {name for name, channel in channels().items() if channel.reaches(row)} == reached
    kinds = {"phone": Text, "can_text": Boolean, "email": Text}
    rows = select(
        *(cast(literal(row[name], kind), kind).label(name) for name, kind in kinds.items())
    ).subquery()
    with database.engine("worker").connect() as connection:
        for name, channel in channels().items():
            assert connection.execute(select(channel.reach(rows.c))).scalar() is (name in reached)


def test_text_messages_are_measured_and_e_mails_are_not(database):
    body = column("body")
    for name, expected in (("sms", Measure(2, "UCS-2")), ("email", Measure())):
        channel = channels()[name]
        assert channel.measure("ж" * 71) == expected
        with database.engine("worker").connect() as connection:
            statement = select(
                *channel.measure_in_sql(body, func.length(body), channel.sort_in_sql(body))
            ).select_from(text(f"(select '{'ж' * 71}' as body)"))
            assert tuple(connection.execute(statement).one()) == (expected.segments, expected.encoding)


def test_a_text_message_has_no_subject_and_an_e_mail_has_one():
    sms, email = channels()["sms"], channels()["email"]
    assert sms.read(None, "Hello {{ first_name }}", "en", KNOWN).subject is None
    made = email.read("For {{ first_name }}", "{{ contact_at | day }}, {{ first_name }}", "en", KNOWN)
    assert made.names == ["first_name", "contact_at"]
    assert made.is_plain
    with pytest.raises(TemplateRefused, match="A message by SMS has no subject"):
        sms.read("Hello", "Hello", "en", KNOWN)
    with pytest.raises(TemplateRefused, match="A message by e-mail needs a subject"):
        email.read(" ", "Hello", "en", KNOWN)


def test_a_text_is_refused_with_everything_that_is_wrong():
    with pytest.raises(TemplateRefused) as caught:
        channels()["email"].read("One\nBcc: {{ gate }}", " ", "en", KNOWN)
    assert caught.value.sentences == [
        "The subject must be one line.",
        "The text is empty.",
        "The text names gate, which is no known field or column. There are contact_at, first_name; a further column has to stand in the campaign's fields.",
    ]


def test_a_text_that_decides_is_not_plain():
    assert not channels()["email"].read("Hello", "{% if first_name %}x{% endif %}", "en", KNOWN).is_plain


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("", "pigeon.py has no CHANNEL"),
        ("CHANNEL = 'pigeon'", "pigeon.py has no CHANNEL"),
        (
            "from pipelines.channels.base import Channel\nclass Pigeon(Channel):\n    name = 'pigeon'\nCHANNEL = Pigeon()",
            "does not say its title, address, address_title, longest_body",
        ),
        (
            "from pipelines.channels.sms import Sms\nclass Pigeon(Sms):\n    name = 'dove'\nCHANNEL = Pigeon()",
            "pigeon.py calls itself dove",
        ),
    ],
)
def test_a_file_that_is_no_channel_is_told_in_a_sentence(tmp_path, monkeypatch, code, sentence):
    package = tmp_path / "birds"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "pigeon.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    try:
        with pytest.raises(ChannelFileError, match=sentence):
            scan("birds", package)
    finally:
        for name in ("birds", "birds.pigeon"):
            sys.modules.pop(name, None)
