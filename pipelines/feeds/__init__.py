"""Feeds, a client's standing sources of packets: how their columns are mapped."""

FIRST_FEED = (
    "upload"  # every campaign has it from the beginning; files that a person uploads come in through it
)
