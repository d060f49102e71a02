"""When a packet will be all out, and how many of its messages will be too late: arithmetic without a database (B9).

All times are seconds from now.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, inf

DAY = 86_400.0
ALMOST = 1e-6  # less than this much of a message is none


@dataclass(slots=True)
class Work:
    """Messages that may go from `opens` to `closes`, and on the next days at the same hours, and expire at `expires`."""

    messages: float
    opens: float = 0.0
    closes: float = inf
    expires: float = inf

    def at(self, now: float) -> "Work":
        """The same messages with the first hours that have not ended by `now`."""
        days = ceil((now - self.closes) / DAY + ALMOST) if self.closes <= now else 0
        return Work(self.messages, self.opens + days * DAY, self.closes + days * DAY, self.expires)


@dataclass(slots=True)
class Pace:
    """Messages per second, and per day: `left_today` until `day_ends`, then `per_day` each day."""

    per_second: float
    per_day: float = inf
    left_today: float = inf
    day_ends: float = DAY


@dataclass(frozen=True, slots=True)
class Forecast:
    """`seconds` until the last message is out, None if none will be; `late` messages expire before their turn."""

    seconds: float | None
    late: int


def forecast(works: Iterable[Work], pace: Pace) -> Forecast:
    """What happens to the works at this pace, the nearest deadline first, as lanes claim."""
    waiting = [work for work in works if work.messages > ALMOST]
    now, last, late = 0.0, None, 0.0
    while waiting:
        late += sum(work.messages for work in waiting if work.expires <= now)
        waiting = [work.at(now) for work in waiting if work.expires > now and work.messages > ALMOST]
        if pace.day_ends <= now:
            pace = Pace(pace.per_second, pace.per_day, pace.per_day, pace.day_ends + DAY)
            continue
        due = [work for work in waiting if work.opens <= now]
        if not due or pace.left_today < 1 or pace.per_second <= 0:
            now = _next(waiting, pace, now, due=bool(due))
            if now == inf:
                break
            continue
        first = min(due, key=lambda work: work.expires)
        until = min(first.closes, first.expires, pace.day_ends, *_earlier(waiting, first, now))
        sent = min(first.messages, pace.left_today, pace.per_second * (until - now))
        now = until if sent < first.messages and sent < pace.left_today else now + sent / pace.per_second
        first.messages -= sent
        pace = Pace(pace.per_second, pace.per_day, pace.left_today - sent, pace.day_ends)
        last = now
    return Forecast(last, round(late))


def fair_share(mine: float, others: Iterable[float]) -> float:
    """The part of a rate that a packet of `mine` messages gets until it is out, beside packets of other sizes with equal shares."""
    before = sum(min(mine, other) for other in others)
    return mine / (mine + before) if mine else 1.0


def _next(waiting: list[Work], pace: Pace, now: float, *, due: bool) -> float:
    """When something changes, while nothing can be sent."""
    if pace.per_second <= 0:
        return min((work.expires for work in waiting), default=inf)
    moments = [work.expires for work in waiting]
    moments += [pace.day_ends] if due else [work.opens for work in waiting if work.opens > now]
    return min(moments, default=inf)


def _earlier(waiting: list[Work], first: Work, now: float) -> list[float]:
    """When messages with a nearer deadline become due."""
    return [work.opens for work in waiting if work.opens > now and work.expires < first.expires]
