"""Lanes: as many as the work asks for, named for people."""

import pytest

from pipelines.channels.lanes import Lane, plan_lanes


@pytest.mark.parametrize(
    ("ready", "titles"),
    [
        ({}, []),
        ({"sms": 0}, []),
        ({"sms": 1}, ["sms lane 1"]),
        ({"sms": 2_000}, ["sms lane 1"]),
        ({"sms": 2_001}, ["sms lane 1", "sms lane 2"]),
        ({"sms": 1_000_000, "email": 5}, ["e-mail lane 1", "sms lane 1", "sms lane 2"]),
    ],
)
def test_one_lane_for_every_two_thousand_messages_up_to_the_most(ready, titles):
    assert [lane.title for lane in plan_lanes(ready)] == titles


def test_a_title_leads_back_to_its_lane():
    for lane in plan_lanes({"sms": 9_999, "email": 9_999}):
        assert Lane.parse(lane.title) == lane


@pytest.mark.parametrize("title", ["", "sms", "sms lane 0", "sms lane 99", "fax lane 1"])
def test_there_is_no_other_lane(title):
    with pytest.raises(ValueError, match="no lane"):
        Lane.parse(title)
