"""Each file of the folder is a channel, and says all that a channel must."""

import sys

import pytest
from sqlalchemy import Boolean, Text, cast, column, func, literal, select, text

from pipelines.channels import ChannelFileError, channels, scan, title_of
from pipelines.channels.base import Channel, Part
from pipelines.channels.wording.template import TemplateRefused
from pipelines.language import LANGUAGES, say
from pipelines.settings import PROJECT
from pipelines.tables.packets import CleanRow

KNOWN = {"first_name", "contact_at"}


@pytest.fixture(params=sorted(channels()))
def channel(request) -> Channel:
    return channels()[request.param]


def test_the_folder_holds_these():
    assert {"email", "sms"} <= channels().keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_channel_has_a_title_in_every_language(channel, language):
    assert say(title_of(channel.name), language)


def test_a_channel_that_nobody_has_translated_has_its_own_title():
    class Letter(Channel):
        name = "letter"
        title = "letter by post"

    assert say(Letter().as_sentence, "fr") == "letter by post"
    assert say(title_of("carrier_pigeon"), "fr") == "carrier_pigeon", "a channel that is gone"


def test_a_channel_writes_to_a_column_of_the_clean_row(channel):
    assert channel.address in CleanRow.__table__.c
    assert channel.parts
    assert all(part.limit > 0 for part in channel.parts)
    assert channel.max_lanes >= 1


def test_the_portal_has_its_icon_and_its_frame(channel):
    assert f'<symbol id="{channel.icon}"' in (PROJECT / "webapp/static/icons.svg").read_text()
    assert (PROJECT / f"webapp/areas/packets/frames/{channel.frame}.html").exists()


def test_two_channels_cannot_share_the_titles_of_their_lanes(tmp_path, monkeypatch):
    package = tmp_path / "birds"
    package.mkdir()
    (package / "__init__.py").touch()
    for name in ("dove", "pigeon"):
        (package / f"{name}.py").write_text(
            f"from pipelines.channels.sms import Sms\nclass Bird(Sms):\n    name = '{name}'\nCHANNEL = Bird()"
        )
    monkeypatch.syspath_prepend(tmp_path)
    try:
        with pytest.raises(ChannelFileError, match=r"pigeon\.py has the lane_title of another channel"):
            scan("birds", package)
    finally:
        for name in ("birds", "birds.dove", "birds.pigeon"):
            sys.modules.pop(name, None)


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
def test_who_is_reached(database, row, reached):
    kinds = {"phone": Text, "can_text": Boolean, "email": Text}
    rows = select(
        *(cast(literal(row[name], kind), kind).label(name) for name, kind in kinds.items())
    ).subquery()
    with database.engine("worker").connect() as connection:
        for name in ("sms", "email"):
            assert connection.execute(select(channels()[name].reach(rows.c))).scalar() is (name in reached)


def test_text_messages_are_measured_and_e_mails_are_not(database):
    body = column("body")
    for name, expected in (("sms", (2, "UCS-2")), ("email", (None, None))):
        channel = channels()[name]
        with database.engine("worker").connect() as connection:
            statement = select(
                *channel.measure_in_sql(body, func.length(body), channel.alphabet_in_sql(body))
            ).select_from(text(f"(select '{'ж' * 71}' as body)"))
            assert tuple(connection.execute(statement).one()) == expected


def test_a_text_message_has_no_subject_and_an_e_mail_has_one():
    sms, email = channels()["sms"], channels()["email"]
    assert list(sms.read({"body": "Hello {{ first_name }}"}, "en", KNOWN).parts) == ["body"]
    texts = {"subject": "For {{ first_name }}", "body": "{{ contact_at | day }}, {{ first_name }}"}
    made = email.read(texts, "en", KNOWN)
    assert list(made.parts) == ["subject", "body"]
    assert made.names == ["first_name", "contact_at"]
    assert made.is_plain
    with pytest.raises(TemplateRefused, match="A message by SMS has no subject"):
        sms.read({"subject": "Hello", "body": "Hello"}, "en", KNOWN)
    with pytest.raises(TemplateRefused, match="A message by e-mail needs a subject"):
        email.read({"subject": " ", "body": "Hello"}, "en", KNOWN)


def test_a_text_is_refused_with_everything_that_is_wrong():
    with pytest.raises(TemplateRefused) as caught:
        channels()["email"].read({"subject": "One\nBcc: {{ gate }}", "body": " "}, "en", KNOWN)
    assert list(map(say, caught.value.sentences)) == [
        "The subject must be one line.",
        "The text is empty.",
        "The text names gate, which is not a known field or column. There are: contact_at and first_name. To use another column, add it to the campaign’s fields.",
    ]


def test_a_text_that_decides_is_not_plain():
    texts = {"subject": "Hello", "body": "{% if first_name %}x{% endif %}"}
    assert not channels()["email"].read(texts, "en", KNOWN).is_plain


def test_a_part_may_be_left_out_where_its_channel_does_not_require_it():
    class Letter(Channel):
        name = "letter"
        title = "letter"
        parts = (Part("body", "text", 10), Part("footer", "footer", 10, required=False))

    assert list(Letter().read({"body": "Hello", "footer": None}, "en", KNOWN).parts) == ["body"]
    assert list(Letter().read({"body": "Hello", "footer": "Bye"}, "en", KNOWN).parts) == ["body", "footer"]
    with pytest.raises(TemplateRefused, match="A message by letter has no stamp"):
        Letter().read({"body": "Hello", "stamp": "x"}, "en", KNOWN)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("", "pigeon.py does not define CHANNEL"),
        ("CHANNEL = 'pigeon'", "pigeon.py does not define CHANNEL"),
        (
            "from pipelines.channels.base import Channel\nclass Pigeon(Channel):\n    name = 'pigeon'\nCHANNEL = Pigeon()",
            "does not define title, lane_title, max_lanes, icon, frame, address, parts",
        ),
        (
            "from pipelines.channels.sms import Sms\nclass Pigeon(Sms):\n    name = 'dove'\nCHANNEL = Pigeon()",
            "pigeon.py is named dove",
        ),
        (
            "from pipelines.channels.sms import Sms\nclass Pigeon(Sms):\n    name = 'pigeon'\n    parts = ()\nCHANNEL = Pigeon()",
            "pigeon.py has no part named body",
        ),
    ],
)
def test_a_file_that_is_not_a_channel_is_refused_with_a_message(tmp_path, monkeypatch, code, sentence):
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
