"""Airflow's pools: separate ones for steps and lanes, so that neither can take all slots from the other."""

from typing import Any

from pipelines.channels.lanes import max_lanes_per_channel

PREPARE_SLOTS = 3


def pools() -> dict[str, dict[str, Any]]:
    """The pools as Airflow imports them. A packet that uses all lanes of a channel leaves a slot for other packets."""
    sizes = {
        "prepare": (PREPARE_SLOTS, "steps before and after sending"),
        "dispatch": (_dispatch_slots(), "lanes that call a provider"),
    }
    return {
        name: {"slots": slots, "description": description, "include_deferred": False}
        for name, (slots, description) in sizes.items()
    }


def _dispatch_slots() -> int:
    return max_lanes_per_channel() + 1


def parallelism() -> int:
    """How many tasks run at once: one more than the larger pool holds."""
    return max(PREPARE_SLOTS, _dispatch_slots()) + 1
