"""Every operator of the schema has words."""

import json

import pytest

from pipelines.domain.campaign_mistakes import SCHEMA_FILE
from pipelines.rules.in_words import _WORDS, in_words


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"has": "phone"}, "phone is filled"),
        ({"equals": ["language", "fr"]}, "language is “fr”"),
        ({"in": ["state", ["CA", "NV"]]}, "state is one of “CA”, “NV”"),
        ({"starts_with": ["phone", "+33"]}, "phone begins with “+33”"),
        ({"not": {"has": "email"}}, "not (email is filled)"),
        (
            {"all": [{"has": "phone"}, {"any": [{"before": ["contact_at", "12:00"]}, {"after": ["contact_at", "2026-11-24"]}]}]},
            "phone is filled and (contact_at is before 12:00 or contact_at is after 2026-11-24)",
        ),
    ],
)  # fmt: skip
def test_a_condition_in_words(condition, words):
    assert in_words(condition) == words


def test_no_operator_is_left_out():
    assert set(_WORDS) == set(json.loads(SCHEMA_FILE.read_text())["$defs"]["condition"]["properties"])
