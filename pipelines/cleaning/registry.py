"""The cleaning rules in this folder: one object RULE per file."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from pipelines import cleaning
from pipelines.cleaning.rule import Rule
from pipelines.domain.field import MOMENT
from pipelines.domain.fields import FIELDS

NOT_A_RULE = {"registry", "rule"}


class RuleFileError(Exception):
    """A file in the folder of cleaning rules is not a rule, or rules and fields do not match; the message says what to do."""


@cache
def rules() -> dict[str, Rule]:
    """All rules by code. Raises RuleFileError, naming the file, when one is malformed or two share a code."""
    by_code: dict[str, Rule] = {}
    for module in iter_modules(cleaning.__path__):
        if module.name in NOT_A_RULE:
            continue
        rule = getattr(import_module(f"{cleaning.__name__}.{module.name}"), "RULE", None)
        if not isinstance(rule, Rule):
            raise RuleFileError(f"pipelines/cleaning/{module.name}.py has no RULE = Rule(…).")
        if rule.code in by_code:
            raise RuleFileError(
                f"Two cleaning rules have the code {rule.code}; the second is in pipelines/cleaning/{module.name}.py."
            )
        by_code[rule.code] = rule
    return by_code


@cache
def value_rules() -> dict[str, Rule]:
    """The rule that cleans the values of each field, by field, in the order of the fields.

    Raises RuleFileError for a field whose rule does not exist or cleans no values, and for a rule that no field names.
    """
    by_field: dict[str, Rule] = {}
    for field in FIELDS:
        rule = rules().get(field.rule)
        if rule is None:
            raise RuleFileError(
                f"The field {field.name} names the cleaning rule {field.rule}, which does not exist. Add it to pipelines/cleaning/, or name"
                f" one of {', '.join(rules())}."
            )
        if rule.clean is not None:
            by_field[field.name] = rule
        elif MOMENT not in (field.name, field.part_of):
            raise RuleFileError(
                f"The field {field.name} names the cleaning rule {field.rule}, which cleans no single value. Name another one."
            )
    used = {rule.code for rule in by_field.values()}
    if unused := [code for code, rule in rules().items() if rule.clean is not None and code not in used]:
        raise RuleFileError(
            f"The cleaning rule {unused[0]} cleans no field. Name it in the file of a field, in pipelines/domain/fields/."
        )
    return by_field
