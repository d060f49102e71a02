"""Reads what callbacks say: from outside, signed or not, and never as it should be."""

import json
import math
from collections.abc import Iterable
from typing import Any

DEEPEST = 32  # levels; no provider's event comes near
REFERENCE_LENGTH = 512  # characters; what is longer fits in no index
ADDRESS_LENGTH = 320
CODE_LENGTH = 64


def read_json(body: bytes) -> Any:
    """A JSON document that PostgreSQL can keep. Raises ValueError for anything else, also for NaN and endless nesting."""
    try:
        found = json.loads(body, parse_constant=_finite, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    level = [found]
    for _ in range(DEEPEST):
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return found
    raise ValueError("nested too deeply")


def short(value: Any, longest: int) -> str | None:
    """A text of at most `longest` characters; None for everything else."""
    return value if isinstance(value, str) and len(value) <= longest else None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number without end")
    return number


def _inside(value: Any) -> Iterable[Any]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
    return ()
