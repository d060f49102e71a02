"""Airflow's pools are derived from the channels."""

from pipelines.channels import channels
from pipelines.launcher.pools import parallelism, pools


def test_a_packet_with_all_lanes_of_a_channel_leaves_a_slot_for_others():
    assert pools()["dispatch"]["slots"] == max(channel.max_lanes for channel in channels().values()) + 1


def test_neither_steps_nor_lanes_can_take_all_task_slots():
    assert all(pool["slots"] < parallelism() for pool in pools().values())
