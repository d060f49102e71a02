from pipelines.rules.names import names


def test_the_names_in_a_condition():
    condition = {
        "any": [
            {"not": {"has": "phone"}},
            {"all": [{"equals": ["gate", "A4"]}, {"before": ["contact_at", "12:00"]}]},
        ]
    }
    assert list(names(condition)) == ["phone", "gate", "contact_at"]
