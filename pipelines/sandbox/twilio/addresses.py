"""Addresses as Twilio writes them: a bare number is SMS, and any other channel is a prefix: `whatsapp:+15005550006`.

https://www.twilio.com/docs/messaging/channels
"""

import re

SMS = "sms"
NUMBERS = frozenset({SMS, "whatsapp", "rcs"})  # channels that reach a person by phone number
NUMBER = re.compile(r"\+[1-9]\d{6,14}")
NAME = re.compile(r"\S+")
MESSAGING_SERVICE = re.compile(r"MG[0-9a-f]{32}")  # a pool of senders, which has no channel of its own


def split(address: str) -> tuple[str, str]:
    """Channel and plain address."""
    prefix, colon, plain = address.partition(":")
    return (prefix, plain) if colon else (SMS, address)


def join(channel: str, plain: str) -> str:
    """The address as it stands in requests, answers and callbacks."""
    return plain if channel == SMS or is_messaging_service(plain) else f"{channel}:{plain}"


def reaches(channel: str, plain: str) -> bool:
    """Whether a person can have this address on the channel."""
    return (NUMBER if channel in NUMBERS else NAME).fullmatch(plain) is not None


def is_messaging_service(sender: str) -> bool:
    """Whether Twilio chooses the sender out of a pool."""
    return sender.startswith("MG") and MESSAGING_SERVICE.fullmatch(sender) is not None
