"""The cleaning rules that this folder holds: every module with an object RULE."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from pipelines import cleaning
from pipelines.cleaning.rule import Rule


@cache
def rules() -> dict[str, Rule]:
    """All rules by code. Raises TypeError, naming the file, when one is malformed or two share a code."""
    found: dict[str, Rule] = {}
    for module_info in iter_modules(cleaning.__path__):
        rule = getattr(import_module(f"{cleaning.__name__}.{module_info.name}"), "RULE", None)
        if rule is None:
            continue
        if not isinstance(rule, Rule):
            raise TypeError(f"RULE in pipelines/cleaning/{module_info.name}.py is not a Rule")
        if rule.code in found:
            raise TypeError(
                f"two cleaning rules have the code {rule.code!r}; the second is in {module_info.name}.py"
            )
        found[rule.code] = rule
    return found


@cache
def value_rules() -> dict[str, Rule]:
    """The rule that cleans each field's values, by field."""
    return {field: rule for rule in rules().values() if rule.clean is not None for field in rule.fields}
