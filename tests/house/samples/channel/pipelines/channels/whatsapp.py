"""WhatsApp messages."""

from pipelines.channels.base import Channel, Part


class WhatsApp(Channel):
    name = "whatsapp"
    title = "WhatsApp"
    lane_title = "WhatsApp"
    max_lanes = 3
    icon = "message-square"
    frame = "phone"
    address = "phone"
    parts = (
        Part("headline", "headline", 60, required=False, one_line=True),
        Part("body", "text", 1024),
        Part("footer", "footer", 60, required=False, one_line=True),
    )


CHANNEL = WhatsApp()
