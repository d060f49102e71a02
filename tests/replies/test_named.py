"""The answers that a campaign names: they may not redefine STOP, START and HELP, nor mean two things."""

import pytest

from pipelines.actions.campaigns.check_campaign import campaign_mistakes
from pipelines.replies.named import name_mistakes


def codes(named):
    return [(mistake.sentence.code, mistake.path) for mistake in name_mistakes(named, ("details", "replies"))]


@pytest.mark.parametrize(
    "named",
    [
        {"confirm": ["C", "1"], "cancel": ["X", "CANCEL"], "reschedule": ["R"]},
        {"cancel": ["End"]},
        {"confirm": ["yes"]},
    ],
)
def test_own_words_are_allowed(named):
    assert codes(named) == []


@pytest.mark.parametrize("word", ["STOP", "stop!", "Arrêt", "ARRET", "HELP", "start", "unsubscribe"])
def test_words_with_a_fixed_meaning_are_not(word):
    assert codes({"cancel": ["X", word]}) == [("reply_word_reserved", ("details", "replies", "cancel", 1))]


def test_a_word_means_one_thing():
    named = {"confirm": ["C", "C."], "cancel": ["c"]}
    assert codes(named) == [("reply_word_twice", ("details", "replies", "cancel", 0))]


def test_the_campaign_is_checked_when_it_is_saved():
    details = {
        "schema": 1,
        "type": "announcement",
        "rules": [{"name": "r", "when": {"has": "phone"}, "send": "sms"}],
        "replies": {"cancel": ["stop"]},
    }
    document = {
        "campaign": "c",
        "name": "C",
        "details": details,
        "texts": {"sms": {"en": {"body": "Hello. Reply X to cancel."}}},
    }
    assert [mistake.sentence.code for mistake in campaign_mistakes(document)] == ["reply_word_reserved"]
    details["replies"] = {"refuse": ["X"]}
    assert [mistake.sentence.code for mistake in campaign_mistakes(document)] == ["details_unknown_keys"]
    details["replies"] = {"cancel": ["X"]}
    assert campaign_mistakes(document) == []
