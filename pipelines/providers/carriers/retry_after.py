"""How long a provider asks to be left alone."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_WAIT = 86_400.0  # seconds; a provider that asks for more is asked again after a day
MIN_MILLISECONDS = 1e11  # a reset time above this is in milliseconds since 1970, not in seconds


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait, a day at most: `Retry-After` in seconds or as a date (RFC 9110 10.2.3), else `X-RateLimit-Reset`.

    None when the headers do not say, or say nothing that makes sense.
    """
    try:
        seconds = _seconds_to_wait(headers, now)
    except (ValueError, OverflowError):
        return None
    if seconds is None or not math.isfinite(seconds):
        return None
    return min(max(0.0, seconds), MAX_WAIT)


def _seconds_to_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    delay, reset = headers.get("Retry-After"), headers.get("X-RateLimit-Reset")
    if delay is not None:
        try:
            return float(delay)
        except ValueError:
            moment = parsedate_to_datetime(delay)
            # "-0000" says that the zone is unknown: the time itself is UTC (RFC 5322 3.3).
            return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()
    if reset is None or not reset.isdecimal():
        return None
    reset_at = float(reset)
    return (reset_at / 1000 if reset_at > MIN_MILLISECONDS else reset_at) - now.timestamp()
