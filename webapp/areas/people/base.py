"""How people and roles are told in words."""

from collections.abc import Iterable


def listed(things: Iterable[object]) -> str:
    """Roles or permissions as a sentence has them."""
    return ", ".join(sorted(map(str, things))) or "\u2013"


def yes_or_no(value: bool) -> str:
    return "yes" if value else "no"
