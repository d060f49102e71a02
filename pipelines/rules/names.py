"""The names that a delivery rule uses, so that it can be checked before it is applied."""

from collections.abc import Iterator, Mapping
from typing import Any


def names(condition: Mapping[str, Any]) -> Iterator[str]:
    """The fields and columns that a condition of the campaign schema refers to."""
    ((operator, argument),) = condition.items()
    if operator == "has":
        yield argument
    elif operator == "not":
        yield from names(argument)
    elif operator in {"all", "any"}:
        for inner in argument:
            yield from names(inner)
    else:
        yield argument[0]
