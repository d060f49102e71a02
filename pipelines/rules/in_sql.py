"""Delivery rules as one SQL expression, so that the statement that makes a packet's messages also chooses their channels."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, case, func, literal, not_, null, or_

from pipelines.domain.campaign import DeliveryRule

# Each field and column that a rule may name, as text; `contact_at` is the local time in the form of `clean_row.local_at`.
Columns = Mapping[str, ColumnElement[Any]]

CLOCK_LENGTH = len("14:30")


def chosen_rule(
    rules: Sequence[DeliveryRule], columns: Columns, reach: Mapping[str, ColumnElement[bool]]
) -> ColumnElement[int | None]:
    """The index (from 0) of the first rule that holds and whose channel can reach the row; NULL if there is none.

    `reach` says for each channel whether a row can be reached on it. Raises KeyError for a channel that is not in it.
    """
    arms = [
        (and_(predicate(rule.when, columns), reach[rule.send]), literal(index, Integer))
        for index, rule in enumerate(rules)
    ]
    return case(*arms, else_=null())


def predicate(condition: Mapping[str, Any], columns: Columns) -> ColumnElement[bool]:
    """A condition of the campaign schema, true or false and never NULL. A field that a packet does not have is empty."""
    ((operator, argument),) = condition.items()
    return _OPERATORS[operator](argument, columns)


def _column(name: str, columns: Columns) -> ColumnElement[Any]:
    return columns[name] if name in columns else literal("")


def _filled(name: str, columns: Columns) -> ColumnElement[Any]:
    return func.coalesce(_column(name, columns), "")


def _starts_with(argument: Any, columns: Columns) -> ColumnElement[bool]:
    return func.starts_with(_filled(argument[0], columns), argument[1])


def _before(argument: Any, columns: Columns) -> ColumnElement[bool]:
    part = _moment(argument, columns)
    return and_(part != "", part < argument[1])


def _after(argument: Any, columns: Columns) -> ColumnElement[bool]:
    later: ColumnElement[bool] = _moment(argument, columns) > argument[1]
    return later


def _moment(argument: Any, columns: Columns) -> ColumnElement[str]:
    """The contact's time or date, whichever the rule compares, in byte order; empty if unknown."""
    name, moment = argument
    local = _filled(name, columns)
    part = func.substr(local, 12, 5) if len(moment) == CLOCK_LENGTH else func.substr(local, 1, 10)
    return part.collate("C")


_OPERATORS: dict[str, Callable[[Any, Columns], ColumnElement[bool]]] = {
    "has": lambda name, columns: _filled(name, columns) != "",
    "equals": lambda argument, columns: _filled(argument[0], columns) == argument[1],
    "in": lambda argument, columns: _filled(argument[0], columns).in_(argument[1]),
    "starts_with": _starts_with,
    "before": _before,
    "after": _after,
    "all": lambda conditions, columns: and_(*(predicate(one, columns) for one in conditions)),
    "any": lambda conditions, columns: or_(*(predicate(one, columns) for one in conditions)),
    "not": lambda one, columns: not_(predicate(one, columns)),
}
