"""Reads values from answers and callbacks, which are untrusted input even when they are signed."""

import json
import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from pipelines.domain.sending import Answer

MAX_DEPTH = 32  # levels; events of real providers have far fewer
MAX_REFERENCE = 512  # characters; longer values do not fit into an index
MAX_ADDRESS = 320
MAX_CODE = 64
MAX_SUBJECT = 998  # of an e-mail (RFC 5322 2.1.1)
MAX_REPLY = 10_000  # characters of an answer that are read and kept
MAX_SEGMENTS = 32_767  # a smallint; real messages have ten at most


def read_json(body: bytes) -> Any:
    """A JSON document that PostgreSQL can store. Raises ValueError for anything else, including NaN and too deep nesting."""
    try:
        document = json.loads(body, parse_constant=_finite, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [child for value in level for child in _children(value)]
        if not level:
            return document
    raise ValueError("nested too deeply")


def short(value: Any, max_length: int) -> str | None:
    """The text if it has at most `max_length` characters; None for anything else."""
    return value if isinstance(value, str) and len(value) <= max_length else None


def storable(answer: Answer) -> Answer:
    """The answer without the values that PostgreSQL or its columns cannot hold. One odd reference must not cost the record of a call."""
    segments = answer.segments
    return replace(
        answer,
        provider_ref=_printable(answer.provider_ref, MAX_REFERENCE),
        error_code=_printable(answer.error_code, MAX_CODE),
        segments=segments if segments is not None and 0 < segments <= MAX_SEGMENTS else None,
    )


def _printable(text: str | None, max_length: int) -> str | None:
    """The text if it has neither control characters nor lone surrogates; None for anything else."""
    return text if text is not None and len(text) <= max_length and text.isprintable() else None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number


def _children(value: Any) -> Iterable[Any]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
    return ()
