"""What people answer to messages: the answer as a provider passes it on, and the kinds of answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What an answer means. Only the first five lead to an action by themselves."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    CONFIRM = "confirm"
    CANCEL = "cancel"  # the appointment, not the messages
    RESCHEDULE = "reschedule"
    MISSPELT = "misspelt"  # close to a word of a list; a person decides
    OTHER = "other"
    AUTOMATIC = "automatic"  # from a machine: never counted as an answer, answered or forwarded


WAYS = ("email", "sms", "webhook")  # in which replies are forwarded to their client
NAMED_BY_CAMPAIGNS = (Kind.CONFIRM, Kind.CANCEL, Kind.RESCHEDULE)


@dataclass(frozen=True, slots=True)
class InboundReply:
    """One answer. `to` are our addresses: the number, and the provider's pool that it belongs to. `thread` are the references, without
    brackets, of the messages that an e-mail answers. `automatic`: its headers say that a machine wrote it.
    """

    provider: str
    unique_key: str
    channel: str
    to: tuple[str, ...]
    sender: str
    body: str
    subject: str | None = None
    thread: tuple[str, ...] = ()
    automatic: bool = False
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)
