"""Lanes: a few tasks side by side that send one packet's messages. Which lane sends which message does not matter."""

from dataclasses import dataclass
from typing import Self

from pipelines.channels import channels

MESSAGES_PER_LANE = 2_000


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane of one channel; `number` counts from 1."""

    channel: str
    number: int

    @property
    def title(self) -> str:
        """What Airflow's grid and the journal call it."""
        return f"{channels()[self.channel].lane_title} lane {self.number}"

    @classmethod
    def parse(cls, title: str) -> Self:
        """The lane with this title. Raises ValueError for anything else."""
        for channel in channels().values():
            for number in range(1, channel.max_lanes + 1):
                lane = cls(channel.name, number)
                if lane.title == title:
                    return lane
        raise ValueError(f"there is no lane called {title!r}")


def plan_lanes(ready: dict[str, int]) -> list[Lane]:
    """The lanes for `ready` messages per channel: one for every 2,000, and no more than the channel allows."""
    return [
        Lane(name, number)
        for name, messages in sorted(ready.items())
        for number in range(1, min(channels()[name].max_lanes, -(-messages // MESSAGES_PER_LANE)) + 1)
    ]


def most_lanes_of_a_channel() -> int:
    """How many lanes one packet may have on the channel that allows the most."""
    return max(channel.max_lanes for channel in channels().values())
