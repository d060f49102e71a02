"""When a packet will be all out, and how many of its messages will be too late: arithmetic without a database (B9).

All times are seconds from now.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf

DAY = 86_400.0
ALMOST = 1e-6  # less than this much of a message is none


@dataclass(frozen=True, slots=True)
class Hours:
    """The spans in which messages may go, in order: two parallel sequences, as in `send_window`."""

    opens: Sequence[float] = ()
    closes: Sequence[float] = ()

    def after(self, now: float) -> tuple[float, float] | None:
        """The span that is open or comes next; None if there is none."""
        number = bisect_right(self.closes, now)
        return (self.opens[number], self.closes[number]) if number < len(self.closes) else None


NO_HOURS = Hours()


@dataclass(slots=True)
class Work:
    """Messages that may go from `opens` to `closes`, then in the spans of `hours` that follow, and expire at `expires`."""

    messages: float
    opens: float = 0.0
    closes: float = inf
    expires: float = inf
    hours: Hours = NO_HOURS

    def at(self, now: float) -> "Work":
        """The same messages in the first span that has not ended by `now`. After the last one they expire, as dispatch has it."""
        if now < self.closes:
            return self
        if (span := self.hours.after(now)) is None:
            return replace(self, expires=min(self.expires, self.closes))
        return replace(self, opens=max(self.opens, span[0]), closes=span[1])


@dataclass(slots=True)
class Pace:
    """Messages per second, and per day: `left_today` until `day_ends`, then `per_day` each day."""

    per_second: float
    per_day: float = inf
    left_today: float = inf
    day_ends: float = DAY

    @property
    def stands_still(self) -> bool:
        """Whether nothing can ever be sent."""
        return self.per_second <= 0 or max(self.per_day, self.left_today) < 1


@dataclass(frozen=True, slots=True)
class Forecast:
    """`seconds` until the last message is out, None if none will be; `late` messages expire before their turn."""

    seconds: float | None
    late: int


def forecast(works: Iterable[Work], pace: Pace) -> Forecast:
    """What happens to the works at this pace, the nearest deadline first, as lanes claim."""
    waiting = [replace(work) for work in works]
    now, last, late = 0.0, None, 0.0
    while waiting := [work.at(now) for work in waiting if work.messages > ALMOST]:
        late += sum(work.messages for work in waiting if work.expires <= now)
        waiting = [work for work in waiting if work.expires > now]
        if pace.day_ends <= now:
            pace = Pace(pace.per_second, pace.per_day, pace.per_day, pace.day_ends + DAY)
            continue
        due = [work for work in waiting if work.opens <= now]
        if not due or pace.left_today < 1 or pace.stands_still:
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
    if pace.stands_still:
        return min((work.expires for work in waiting), default=inf)
    moments = [work.expires for work in waiting]
    moments += [pace.day_ends] if due else [work.opens for work in waiting if work.opens > now]
    return min(moments, default=inf)


def _earlier(waiting: list[Work], first: Work, now: float) -> list[float]:
    """When messages with a nearer deadline become due."""
    return [work.opens for work in waiting if work.opens > now and work.expires < first.expires]
