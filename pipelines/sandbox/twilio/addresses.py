"""Addresses as Twilio writes them: a bare number is SMS, any other channel has a prefix: `whatsapp:+15005550006`.

https://www.twilio.com/docs/messaging/channels
"""

import re

SMS = "sms"
NUMBERS = frozenset({SMS, "whatsapp", "rcs"})  # channels whose addresses are phone numbers
NUMBER = re.compile(r"\+[1-9]\d{6,14}")
NAME = re.compile(r"\S+")
MESSAGING_SERVICE = re.compile(r"MG[0-9a-f]{32}")  # a pool of senders, without a channel


def split(address: str) -> tuple[str, str]:
    """The channel and the plain address."""
    prefix, colon, plain = address.partition(":")
    return (prefix, plain) if colon else (SMS, address)


def join(channel: str, plain: str) -> str:
    """The address as written in requests, answers and callbacks."""
    return plain if channel == SMS or is_messaging_service(plain) else f"{channel}:{plain}"


def reaches(channel: str, plain: str) -> bool:
    """Whether this is a possible address on the channel."""
    return (NUMBER if channel in NUMBERS else NAME).fullmatch(plain) is not None


def is_messaging_service(sender: str) -> bool:
    """Whether Twilio chooses the sender from a pool."""
    return sender.startswith("MG") and MESSAGING_SERVICE.fullmatch(sender) is not None
