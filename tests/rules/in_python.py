"""Delivery rules in plain Python, row by row, as a reference for the SQL."""

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from pipelines.domain.campaign import DeliveryRule

# The fields and columns of a row by name; `contact_at` is its local time, `YYYY-MM-DD HH:MM` or `YYYY-MM-DD`.
Row = Mapping[str, str | None]


def chosen_rule(rules: Sequence[DeliveryRule], row: Row, reach: Container[str]) -> int | None:
    """The index (from 0) of the first rule that holds and whose channel is in `reach`; None if there is none."""
    return next(
        (index for index, rule in enumerate(rules) if rule.send in reach and holds(rule.when, row)), None
    )


def holds(condition: Mapping[str, Any], row: Row) -> bool:
    """Whether a condition of the campaign schema holds. A field that the row does not have is empty."""
    ((operator, argument),) = condition.items()
    return _OPERATORS[operator](argument, row)


def _value(name: str, row: Row) -> str:
    return row.get(name) or ""


def _moment(argument: Any, row: Row) -> str:
    name, moment = argument
    local = _value(name, row)
    return local[11:16] if len(moment) == len("14:30") else local[:10]


_OPERATORS: dict[str, Callable[[Any, Row], bool]] = {
    "has": lambda name, row: _value(name, row) != "",
    "equals": lambda argument, row: _value(argument[0], row) == argument[1],
    "in": lambda argument, row: _value(argument[0], row) in argument[1],
    "starts_with": lambda argument, row: _value(argument[0], row).startswith(argument[1]),
    "before": lambda argument, row: "" != _moment(argument, row) < argument[1],
    "after": lambda argument, row: _moment(argument, row) > argument[1],
    "all": lambda conditions, row: all(holds(one, row) for one in conditions),
    "any": lambda conditions, row: any(holds(one, row) for one in conditions),
    "not": lambda one, row: not holds(one, row),
}
