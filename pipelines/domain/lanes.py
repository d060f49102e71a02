"""Lanes: a few tasks side by side that send one packet's messages. Which lane sends which message does not matter."""

from dataclasses import dataclass
from typing import Self

MESSAGES_PER_LANE = 2_000
# How many tasks of one packet may call one channel's provider at once (the Airflow pool of that channel has as many slots).
MOST_LANES = {"sms": 2, "email": 2}
TITLES = {"sms": "sms", "email": "e-mail"}


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane of one channel; `number` counts from 1."""

    channel: str
    number: int

    @property
    def title(self) -> str:
        """What Airflow's grid and the journal call it."""
        return f"{TITLES.get(self.channel, self.channel)} lane {self.number}"

    @classmethod
    def parse(cls, title: str) -> Self:
        """The lane with this title. Raises ValueError for anything else."""
        for channel, most in MOST_LANES.items():
            for number in range(1, most + 1):
                lane = cls(channel, number)
                if lane.title == title:
                    return lane
        raise ValueError(f"there is no lane called {title!r}")


def plan_lanes(ready: dict[str, int]) -> list[Lane]:
    """The lanes for `ready` messages per channel: one for every 2,000, no more than the channel's most."""
    return [
        Lane(channel, number)
        for channel, messages in sorted(ready.items())
        for number in range(1, min(MOST_LANES.get(channel, 1), -(-messages // MESSAGES_PER_LANE)) + 1)
    ]
