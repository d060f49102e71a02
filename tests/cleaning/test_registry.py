"""The rules that the folder holds."""

import sys

import pytest

from pipelines import cleaning
from pipelines.cleaning.registry import rules, value_rules
from pipelines.cleaning.rule import Rule
from pipelines.domain.fields import BY_NAME


def test_each_file_with_a_rule_is_found():
    assert set(rules()) == {"date", "duplicate", "e164", "email", "language", "name", "tidied", "time"}


def test_each_rule_is_for_known_fields():
    for rule in rules().values():
        assert set(rule.fields) <= set(BY_NAME), rule.code


def test_each_field_that_is_cleaned_by_value_has_one_rule():
    assert set(value_rules()) == {
        "external_id",
        "first_name",
        "last_name",
        "full_name",
        "phone",
        "email",
        "language",
    }


@pytest.mark.parametrize(
    ("source", "message"),
    [("RULE = 3", "is not a Rule"), ("from pipelines.cleaning.phone import RULE", "two cleaning rules")],
)
def test_a_malformed_file_is_named(tmp_path, monkeypatch, source, message):
    (tmp_path / "zz_broken.py").write_text(source)
    monkeypatch.setattr(cleaning, "__path__", [*cleaning.__path__, str(tmp_path)])
    rules.cache_clear()
    with pytest.raises(TypeError, match=message):
        rules()
    rules.cache_clear()
    sys.modules.pop("pipelines.cleaning.zz_broken", None)


def test_a_rule_says_what_it_does():
    assert all(isinstance(rule, Rule) and rule.title for rule in rules().values())
