"""Campaign files: what is written is read back unchanged, and every mistake has a line."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.domain.campaign import CampaignInvalid
from pipelines.domain.campaign_document import CampaignDocument, Change, Text, changes, shape_mistakes
from pipelines.domain.campaign_file import MAX_BYTES, read_campaign, write_campaign
from pipelines.domain.plain_yaml import Unreadable, read, write
from pipelines.language import say
from tests.builders import REMINDER

DOCUMENT = CampaignDocument(
    "reminder", "Reminder", REMINDER, (Text("sms", "en", "Hello"), Text("email", "no", "Hei,\n\nsees!\n", "Om deg"))
)  # fmt: skip
YAML = """\
campaign: reminder
name: Reminder
details:
  schema: 1
  type: lab
  rules:
    - {name: all, when: {before: [contact_at, 14:30]}, send: sms}
texts:
  sms:
    no:
      body: |
        Hei {{ first_name }},
        velkommen.
"""


def check(source):
    file = read_campaign(source.encode() if isinstance(source, str) else source)
    raise file.invalid(shape_mistakes(file.value))


def mistakes(source):
    with pytest.raises(CampaignInvalid) as caught:
        check(source)
    return [(mistake.line, say(mistake.sentence)) for mistake in caught.value.mistakes]


@pytest.mark.parametrize("as_json", [False, True])
def test_a_written_document_is_read_back_unchanged(as_json):
    assert read_campaign(write_campaign(DOCUMENT, as_json=as_json).encode()).document == DOCUMENT


def test_keys_are_written_in_the_order_in_which_people_write_them():
    stored = {
        **REMINDER,
        "rules": [dict(sorted(rule.items(), key=lambda item: len(item[0]))) for rule in REMINDER["rules"]],
    }
    by_length = dict(sorted(stored.items(), key=lambda item: len(item[0])))
    written = write_campaign(CampaignDocument("reminder", "Reminder", by_length, DOCUMENT.texts))
    assert written == write_campaign(DOCUMENT)


def test_a_text_of_several_lines_is_written_as_a_block():
    assert "body: |\n        Hei,\n\n        sees!\n" in write_campaign(DOCUMENT)


def test_values_that_yaml_1_1_reads_as_numbers_dates_or_false_are_texts():
    document = read_campaign(YAML.encode()).document
    assert document.details["rules"][0]["when"] == {"before": ["contact_at", "14:30"]}
    assert document.texts == (Text("sms", "no", "Hei {{ first_name }},\nvelkommen.\n"),)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["no", "14:30", "2026-11-24", "1e5", "0x1F", "~", "<<", "=", "1_000", "true", "- a", "a: b", " x ", "\r\n", "#"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)  # fmt: skip


@settings(deadline=None)
@given(JSON)
def test_any_value_is_read_back_unchanged(value):
    assert read(write(value))[0] == value


@settings(deadline=None)
@given(st.binary() | st.text(alphabet="{}[]:,-|>&*!?%@`'\"#\n\t ab1.").map(str.encode))
def test_any_source_is_read_or_refused(source):
    with suppress(CampaignInvalid):
        assert read_campaign(source).document


def test_all_mistakes_are_reported_together_with_their_lines():
    wrong = (
        YAML.replace("type: lab", "type: party")
        .replace("send: sms", "sent: sms")
        .replace("name: R", "title: R")
    )
    reported = mistakes(wrong)
    assert [line for line, _ in reported] == [1, 1, 5, 7, 7]
    assert reported[2][1].startswith("type must be one of: appointment_reminder,")
    assert "rule 1 (“all”) has unknown keys: sent; allowed: name, when, and send." in [
        sentence for _, sentence in reported
    ]


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("campaign: x\nbody: {{ first_name }}, hello", 2, "must be in quotes"),
        ("campaign: x\n\tname: y", 2, "not YAML"),
        ("campaign: x\nname: a\nname: b", 3, "The key name is in one object twice"),
        ("campaign: &a x\nname: *a", 2, "Anchors"),
        ("campaign: !!python/object:os.system x", 1, "is not allowed here"),
        (b"campaign: \xe9", 1, "not UTF-8"),
        ("campaign: x\x07", None, "U+0007"),
        ('{"campaign": "x",\n "name" "y"}', 2, "not JSON"),
        ('{"campaign": "x", "campaign": "y"}', None, "twice"),
        ('{"campaign": NaN}', None, "not a number"),
        ("[" * 5_000, None, "deep"),
        ('campaign: x\nname: "a\\0b"', 2, "NUL"),
        ('{"campaign": "a\\u0000b"}', None, "NUL"),
        ('campaign: x\nname: "a\\ud800b"', 2, "half of a character"),
        ('campaign: x\n"na\\udfffme": a', 2, "half of a character"),
        ('{"campaign": "x", "texts": {"sms": ["\\ud800"]}}', None, "half of a character"),
        ('{"campaign": "x",\n "number": ' + "9" * 4_301 + "}", 2, "has 4,301 digits; at most 4,300"),
        ("campaign: x\nnumber: " + "9" * 4_301, 2, "has 4,301 digits; at most 4,300"),
        (b"x" * (MAX_BYTES + 1), None, "larger than"),
        ("", None, "must be an object"),
    ],
)  # fmt: skip
def test_an_unreadable_file_is_reported_with_the_remedy(source, line, message):
    ((reported_line, sentence),) = mistakes(source)
    assert reported_line == line
    assert message in sentence


def test_only_differences_are_reported():
    before = DOCUMENT.as_json()
    after = json.loads(json.dumps(before))
    after["details"]["rules"][0]["send"] = "email"
    after["details"]["rules"].append("new")
    del after["texts"]["email"]
    assert list(changes(before, before)) == []
    assert list(changes(before, after)) == [
        Change(("details", "rules", 0, "send"), "sms", "email"),
        Change(("details", "rules", 2), None, "new"),
        Change(("texts", "email"), before["texts"]["email"], None),
    ]


def test_an_unreadable_text_knows_its_line():
    with pytest.raises(Unreadable) as caught:
        read("a: 1\nb: [1, 2")
    assert caught.value.line == 2


def test_a_text_can_have_any_parts():
    text = Text("whatsapp", "en", "Hello", parts={"footer": "Yours"})
    assert text.as_json() == {"body": "Hello", "footer": "Yours"}
    assert Text.from_json("whatsapp", "en", text.as_json()) == text


def test_a_character_that_json_writes_as_two_halves_is_read():
    assert read_campaign(rb'{"name": "\ud83d\ude00"}').value == {"name": "😀"}
