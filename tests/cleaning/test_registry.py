"""The rules in the folder."""

import sys

import pytest

from pipelines import cleaning
from pipelines.cleaning import registry
from pipelines.cleaning.registry import RuleFileError, rules, value_rules
from pipelines.cleaning.rule import Setting
from pipelines.domain.field import Field


def test_every_rule_file_is_found():
    assert set(rules()) >= {"date", "duplicate", "e164", "email", "language", "name", "tidied", "time"}


def test_every_field_with_values_to_clean_has_a_rule():
    assert set(value_rules()) >= {
        "external_id",
        "first_name",
        "last_name",
        "full_name",
        "phone",
        "email",
        "language",
    }


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An additional folder of rules, with the caches cleared."""
    monkeypatch.setattr(cleaning, "__path__", [*cleaning.__path__, str(tmp_path)])
    clear()
    yield tmp_path
    clear()


def clear():
    rules.cache_clear()
    value_rules.cache_clear()
    sys.modules.pop("pipelines.cleaning.zz_new", None)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("RULE = 3", r"pipelines/cleaning/zz_new.py has no RULE = Rule\(…\)"),
        ("", r"zz_new.py has no RULE"),
        (
            "from pipelines.cleaning.phone import RULE",
            "Two cleaning rules have the code e164; the second is in .*zz_new.py",
        ),
    ],
)
def test_a_malformed_file_is_named(folder, source, sentence):
    (folder / "zz_new.py").write_text(source)
    with pytest.raises(RuleFileError, match=sentence):
        rules()


def test_a_rule_that_no_field_names_is_refused(folder):
    (folder / "zz_new.py").write_text(
        "from pipelines.cleaning.rule import Rule\nfrom pipelines.cleaning.text import clean\nRULE = Rule('zz', clean)\n"
    )
    with pytest.raises(
        RuleFileError, match=r"The cleaning rule zz cleans no field. Name it in the file of a field"
    ):
        value_rules()


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (
            "zz",
            "The field area names the cleaning rule zz, which does not exist. Add it to pipelines/cleaning/",
        ),
        ("duplicate", "The field area names the cleaning rule duplicate, which cleans no single value"),
    ],
)
def test_a_field_without_a_rule_for_its_values_is_refused(folder, monkeypatch, rule, sentence):
    area = Field(name="area", title="area", synonyms={}, rule=rule)
    monkeypatch.setattr(registry, "FIELDS", (*registry.FIELDS, area))
    with pytest.raises(RuleFileError, match=sentence):
        value_rules()


def test_parameters_of_fast_paths_begin_with_the_code_of_their_rule():
    for rule in set(value_rules().values()):
        path = rule.fast("cell", Setting("US", "en", "UTC")) if rule.fast else None
        assert all(name.startswith(f"{rule.code}_") for name in (path.parameters if path else ())), rule.code
