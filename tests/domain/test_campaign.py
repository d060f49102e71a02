import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pipelines.domain.campaign import Campaign, CampaignInvalid, DeliveryRule, Quality
from pipelines.domain.campaign_mistakes import SCHEMA_FILE, mistakes
from pipelines.language import say
from tests.builders import REMINDER


def details(**changes):
    return REMINDER | changes


def sentences(document):
    with pytest.raises(CampaignInvalid) as caught:
        Campaign.from_json(document)
    assert caught.value.permanent
    return [say(mistake.sentence) for mistake in caught.value.mistakes]


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(json.loads(SCHEMA_FILE.read_text()))


def test_details_become_a_campaign():
    campaign = Campaign.from_json(REMINDER)
    assert campaign.type == "appointment_reminder"
    assert campaign.required == ("first_name", "contact_date")
    assert campaign.rules[0] == DeliveryRule("SMS to a mobile phone", {"has": "phone"}, "sms")
    assert campaign.minutes_before_contact == 0
    assert campaign.quality == Quality(max_held_share=0.5)


def test_only_type_and_rules_are_required():
    campaign = Campaign.from_json(
        {"schema": 1, "type": "lab", "rules": [{"name": "all", "when": {"has": "email"}, "send": "email"}]}
    )
    assert campaign.minutes_before_contact is None
    assert campaign.quality == Quality(max_held_share=1.0, max_past_share=1.0, min_filled={})


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({}, "The document lacks schema, type, and rules."),
        (details(schema=2), "schema must be 1."),
        (details(plan="weekly"), "The document has unknown keys: plan; allowed: schema, type, fields, rules, schedule, window, valuable, deadline, quality, retention, replies, and consent."),
        (details(rules=[]), "rules must not be empty."),
        (details(rules=["sms"]), "rule 1 must be an object."),
        (details(deadline={"minutes_before_contact": -1}), "deadline, minutes_before_contact must be at least 0."),
        (details(deadline={"minutes_before_contact": 1.5}), "deadline, minutes_before_contact must be a whole number."),
        (details(quality={"max_held_share": 50}), "quality, max_held_share must be at most 1."),
        (details(quality={"min_filled": {"shoe_size": 1}}), None),
        (details(fields={"required": ["First Name"]}), "fields, required, number 1 must be a name in lowercase letters, digits and _."),
    ],
)  # fmt: skip
def test_a_mistake_is_reported_in_a_sentence(document, sentence):
    reported = sentences(document)
    assert sentence is None or sentence in reported


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ({}, "must not be empty."),
        ({"eval": "1"}, "has unknown keys: eval; allowed: has, equals, starts_with, in, before, after, all, any, and not."),
        ({"has": "phone", "not": {"has": "email"}}, "must have one operator, not several: put them into all or any."),
        ({"has": 7}, "has must be a text."),
        ({"equals": ["language"]}, "equals must be a list of two: a field and what it is compared with."),
        ({"before": ["contact_at", "25:00"]}, "before, number 2 must be a time of day like 14:30 or a date like 2026-11-24."),
        ({"before": ["phone", "12:00"]}, "before, number 1 must be contact_at."),
        ({"all": []}, "all must not be empty."),
        ({"not": {"any": [{"has": "phone"}, {"has": ""}]}}, "not, any, number 2, has must be a name in lowercase letters, digits and _."),
    ],
)  # fmt: skip
def test_a_mistake_in_a_rule_names_the_rule(condition, sentence):
    reported = sentences(details(rules=[{"name": "mine", "when": condition, "send": "sms"}]))
    assert len(reported) == 1
    assert reported[0].startswith("rule 1 (“mine”), when")
    assert reported[0].endswith(sentence)


def test_all_mistakes_are_reported_together():
    assert len(sentences(details(type="party", deadline={}, quality={"max_held_share": 2}))) == 3


def test_a_condition_of_endless_depth_is_refused_quickly():
    condition = {"has": "phone"}
    for _ in range(100_000):
        condition = {"not": condition}
    reported = sentences(details(rules=[{"name": "deep", "when": condition, "send": "sms"}]))
    assert reported == ["Lists and objects are nested more than 50 levels deep."]


def test_a_feed_can_have_its_own_thresholds():
    campaign = Campaign.from_json(details(quality={"max_held_share": 0.5, "min_filled": {"email": 0.9}}))
    assert campaign.quality_for({}) == campaign.quality
    assert campaign.quality_for({"quality": {"max_held_share": 0.1}}) == Quality(0.1, 1.0, {"email": 0.9})
    with pytest.raises(CampaignInvalid, match="quality, max_held_share must be a number"):
        campaign.quality_for({"quality": {"max_held_share": "most"}})


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["rules", "when", "has", "schema", "all", "not", "quality", "fields", "required", "x"]
                ),
                inner,
            )
        ),
    )
)
def test_any_document_is_read_or_refused_in_sentences(document):
    reported = [say(mistake.sentence) for mistake in mistakes(document)]
    assert all(sentence.endswith(".") for sentence in reported)
    if reported:
        assert sentences(document) == reported
    else:
        Campaign.from_json(document)
