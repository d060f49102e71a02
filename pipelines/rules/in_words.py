"""Delivery rules in plain words, as the pages show them."""

from collections.abc import Callable, Mapping
from typing import Any


def in_words(condition: Mapping[str, Any]) -> str:
    """A condition of the campaign schema as part of a sentence: `phone is filled and language is fr`."""
    ((operator, argument),) = condition.items()
    return _WORDS[operator](argument)


def _inside(condition: Mapping[str, Any]) -> str:
    """The words of a nested condition, in parentheses if it needs them."""
    words = in_words(condition)
    return f"({words})" if {"all", "any"} & condition.keys() else words


def _joined(word: str) -> Callable[[Any], str]:
    return lambda conditions: f" {word} ".join(map(_inside, conditions))


_WORDS: dict[str, Callable[[Any], str]] = {
    "has": lambda name: f"{name} is filled",
    "equals": lambda argument: f"{argument[0]} is “{argument[1]}”",
    "in": lambda argument: f"{argument[0]} is one of {', '.join(f'“{one}”' for one in argument[1])}",
    "starts_with": lambda argument: f"{argument[0]} begins with “{argument[1]}”",
    "before": lambda argument: f"{argument[0]} is before {argument[1]}",
    "after": lambda argument: f"{argument[0]} is after {argument[1]}",
    "all": _joined("and"),
    "any": _joined("or"),
    "not": lambda condition: f"not ({in_words(condition)})",
}
