"""Airflow's pools: made from what the channels say."""

from pipelines.channels import channels
from pipelines.launcher.pools import parallelism, pools


def test_a_packet_with_all_lanes_of_a_channel_leaves_a_slot_to_others():
    assert pools()["dispatch"]["slots"] == max(channel.max_lanes for channel in channels().values()) + 1


def test_neither_steps_nor_lanes_can_take_all_that_run_at_once():
    assert all(pool["slots"] < parallelism() for pool in pools().values())
