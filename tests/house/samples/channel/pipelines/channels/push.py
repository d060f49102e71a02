"""Notifications of a client's own app."""

from pipelines.channels.base import Channel, Part


class Push(Channel):
    name = "push"
    title = "push notification"
    lane_title = "push"
    max_lanes = 2
    icon = "message-square"
    frame = "phone"
    address = "device_token"
    parts = (
        Part("headline", "headline", 40, one_line=True),
        Part("body", "text", 178),
        Part("footer", "client's footer", 60, required=False, one_line=True),
    )


CHANNEL = Push()
