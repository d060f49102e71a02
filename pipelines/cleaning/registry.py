"""The cleaning rules that this folder holds: one object RULE in every file of it."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from pipelines import cleaning
from pipelines.cleaning.rule import Rule
from pipelines.domain.fields import FIELDS

NOT_A_RULE = {"registry", "rule"}
# Date and time of a row are cleaned together, in a step of its own: by rules that clean no single value.
MOMENT = "contact_at"


class RuleFileError(Exception):
    """A file in the folder of cleaning rules is not a rule, or rules and fields do not fit; the sentence says what to do."""


@cache
def rules() -> dict[str, Rule]:
    """All rules by code. Raises RuleFileError, naming the file, when one is malformed or two share a code."""
    found: dict[str, Rule] = {}
    for module in iter_modules(cleaning.__path__):
        if module.name in NOT_A_RULE:
            continue
        rule = getattr(import_module(f"{cleaning.__name__}.{module.name}"), "RULE", None)
        if not isinstance(rule, Rule):
            raise RuleFileError(f"pipelines/cleaning/{module.name}.py has no RULE = Rule(…).")
        if rule.code in found:
            raise RuleFileError(
                f"Two cleaning rules have the code {rule.code}; the second is in pipelines/cleaning/{module.name}.py."
            )
        found[rule.code] = rule
    return found


@cache
def value_rules() -> dict[str, Rule]:
    """The rule that cleans the values of each field, by field, in the order of the fields.

    Raises RuleFileError for a field whose rule is not there, or cleans no values, and for a rule that no field names.
    """
    found: dict[str, Rule] = {}
    for field in FIELDS:
        rule = rules().get(field.rule)
        if rule is None:
            raise RuleFileError(
                f"The field {field.name} names the cleaning rule {field.rule}, and there is none. Add it to pipelines/cleaning/, or name"
                f" one of {', '.join(rules())}."
            )
        if rule.clean is not None:
            found[field.name] = rule
        elif MOMENT not in (field.name, field.part_of):
            raise RuleFileError(
                f"The field {field.name} names the cleaning rule {field.rule}, which cleans no single value. Name another one."
            )
    used = {rule.code for rule in found.values()}
    if idle := [code for code, rule in rules().items() if rule.clean is not None and code not in used]:
        raise RuleFileError(
            f"The cleaning rule {idle[0]} cleans no field. Name it in the file of a field, in pipelines/domain/fields/."
        )
    return found
