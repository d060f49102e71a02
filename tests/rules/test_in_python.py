import pytest

from pipelines.domain.campaign import DeliveryRule
from pipelines.rules.in_python import chosen_rule, holds, names

ROW = {"phone": "+12125550123", "email": None, "language": "en", "contact_at": "2026-11-24 14:30", "gate": ""}
SMS = DeliveryRule("SMS to a mobile phone", {"has": "phone"}, "sms")
EMAIL = DeliveryRule("e-mail otherwise", {"has": "email"}, "email")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"has": "phone"}, True),
        ({"has": "email"}, False),
        ({"has": "gate"}, False),
        ({"has": "shoe_size"}, False),
        ({"not": {"has": "email"}}, True),
        ({"equals": ["language", "en"]}, True),
        ({"equals": ["language", "EN"]}, False),
        ({"in": ["language", ["fr", "en"]]}, True),
        ({"in": ["language", ["fr"]]}, False),
        ({"starts_with": ["phone", "+1"]}, True),
        ({"starts_with": ["phone", "+49"]}, False),
        ({"before": ["contact_at", "14:31"]}, True),
        ({"before": ["contact_at", "14:30"]}, False),
        ({"after": ["contact_at", "14:29"]}, True),
        ({"after": ["contact_at", "14:30"]}, False),
        ({"before": ["contact_at", "2026-11-25"]}, True),
        ({"after": ["contact_at", "2026-11-24"]}, False),
        ({"all": [{"has": "phone"}, {"has": "email"}]}, False),
        ({"any": [{"has": "phone"}, {"has": "email"}]}, True),
    ],
)
def test_each_operator(condition, expected):
    assert holds(condition, ROW) is expected


@pytest.mark.parametrize("operator", ["before", "after"])
def test_a_time_that_is_not_known_is_neither_before_nor_after(operator):
    assert not holds({operator: ["contact_at", "12:00"]}, {"contact_at": "2026-11-24"})
    assert not holds({operator: ["contact_at", "2026-11-24"]}, {"contact_at": None})


def test_the_first_rule_that_holds_wins():
    both = ROW | {"email": "a@example.com"}
    assert chosen_rule([SMS, EMAIL], both, {"sms", "email"}) == 0
    assert chosen_rule([EMAIL, SMS], both, {"sms", "email"}) == 0


def test_a_rule_whose_channel_cannot_reach_the_row_gives_way_to_the_next():
    """A landline: there is a phone, and no text message reaches it."""
    assert chosen_rule([SMS, EMAIL], ROW | {"email": "a@example.com"}, {"email"}) == 1


def test_no_rule_no_channel():
    assert chosen_rule([EMAIL], ROW, {"sms", "email"}) is None


def test_the_names_that_a_condition_looks_at():
    condition = {
        "any": [
            {"not": {"has": "phone"}},
            {"all": [{"equals": ["gate", "A4"]}, {"before": ["contact_at", "12:00"]}]},
        ]
    }
    assert list(names(condition)) == ["phone", "gate", "contact_at"]
