"""Lanes: a few parallel tasks that send one packet's messages. Any lane may send any message of its channel."""

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
        """Its name in Airflow's grid and in the journal."""
        return f"{channels()[self.channel].lane_title} lane {self.number}"

    @classmethod
    def parse(cls, title: str) -> Self:
        """The lane with this title. Raises ValueError for anything else."""
        for channel in channels().values():
            for number in range(1, channel.max_lanes + 1):
                lane = cls(channel.name, number)
                if lane.title == title:
                    return lane
        raise ValueError(f"there is no lane {title!r}")


def plan_lanes(ready: dict[str, int]) -> list[Lane]:
    """The lanes for `ready` messages per channel: one per 2,000 messages, up to the channel's maximum."""
    return [
        Lane(name, number)
        for name, messages in sorted(ready.items())
        for number in range(1, min(channels()[name].max_lanes, -(-messages // MESSAGES_PER_LANE)) + 1)
    ]


def max_lanes_per_channel() -> int:
    """The largest number of lanes that any channel allows for one packet."""
    return max(channel.max_lanes for channel in channels().values())
