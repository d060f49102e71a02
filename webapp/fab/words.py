"""How the portal calls states and steps, in plain words."""

from dataclasses import dataclass

from flask import Flask

from pipelines.channels import channels
from pipelines.language import Sentence, language_for, say
from pipelines.reports.needs import Need
from pipelines.states import CallState, MessageState, PacketState
from webapp.fab.formats import number
from webapp.fab.locale import current

# The mark that stands for a state: waiting, moving, done, needs (a person). Each has a shape of its own.
PACKET_WORDS: dict[str, tuple[str, str]] = {
    PacketState.RECEIVED: ("waiting", "Waiting to start"),
    PacketState.PREPARING: ("moving", "Being prepared"),
    PacketState.SENDING: ("moving", "Going out"),
    PacketState.SETTLED: ("done", "Finished"),
    PacketState.STOPPED: ("needs", "Stopped"),
    PacketState.REFUSED: ("needs", "Not taken in"),
}
# What stands there instead while a need of this kind is open: a packet with one is not finished, and does not move.
STANDS_STILL, ADDS_UP_NOT, NOT_FINISHED = "Stands still", "Does not add up", "Not finished"
STEP_WORDS: dict[str, tuple[str, str]] = {
    "load": ("Read the file", "Every line of the file is stored as it stands"),
    "map_fields": ("Recognise the columns", "Which column is the phone, the e-mail, the date"),
    "clean": ("Put the data in order", "Phones, addresses, names and dates in one form"),
    "check": ("Check the quality", "A wrong file is stopped before anything goes out"),
    "assemble": ("Write the messages", "One message per person, exactly as it will be sent"),
    "dispatch": ("Send", "Text messages and e-mails go to the providers"),
    "settle": ("Account for every row", "Each row gets its outcome, and they add up"),
}
MESSAGE_WORDS: dict[str, tuple[str, str]] = {
    MessageState.READY: ("waiting", "Waiting to be sent"),
    MessageState.SENDING: ("moving", "Being sent"),
    MessageState.UNKNOWN: ("needs", "Unknown: the provider may have it"),
    MessageState.ACCEPTED: ("moving", "Taken by the provider"),
    MessageState.SENT: ("moving", "On its way"),
    MessageState.DELIVERED: ("done", "Delivered"),
    MessageState.UNDELIVERED: ("needs", "Not delivered"),
    MessageState.FAILED: ("needs", "Refused by the provider"),
    MessageState.SUPPRESSED: ("done", "Not written to on their wish"),
    MessageState.EXPIRED: ("needs", "Too late to send"),
    MessageState.CANCELLED: ("done", "Cancelled"),
}
SHOWN_WORDS = {
    "sent": "sent",
    "delivered": "delivered",
    "undelivered": "not delivered",
    "failed": "refused by the provider",
    "suppressed": "not written to on their wish",
    "expired": "too late to send",
    "cancelled": "cancelled",
    "waiting": "waiting",
    "unknown": "unknown",
}
CALL_WORDS: dict[str, tuple[str, str]] = {
    CallState.SENDING: ("moving", "No answer yet"),
    CallState.ACCEPTED: ("done", "Taken"),
    CallState.REFUSED: ("needs", "Refused for good"),
    CallState.RETRY: ("waiting", "Not taken, tried again later"),
    CallState.UNKNOWN: ("needs", "No answer to rely on"),
}


def packet_mark(state: str, needs: list[Need]) -> tuple[str, str]:
    """The mark and words of a packet: those of its state, unless something of it needs somebody in spite of that."""
    if PACKET_WORDS[state][0] != "needs":
        for need in needs:
            if need.is_flaw:
                return ("needs", ADDS_UP_NOT)
            if need.is_standing:
                return ("needs", STANDS_STILL)
            if need.code == "unfinished":
                return ("needs", NOT_FINISHED)
            if need.code == "unknown":
                return ("needs", f"{number(need.cases)} unknown")
    return PACKET_WORDS[state]


def told(sentence: Sentence) -> str:
    """A sentence in the language of this page."""
    return say(sentence, page_language())


def page_language() -> str:
    """The language of this page. A file that is still being sent when the request has ended needs it beforehand."""
    return language_for(str(current()))


@dataclass(frozen=True)
class ChannelLook:
    """How messages of a channel are called and shown: `frame` is a template of areas/packets/frames."""

    title: str
    icon: str
    frame: str


def channel_look(name: str) -> ChannelLook:
    """How the channel's own file says it; messages of a channel that is gone are shown plainly."""
    channel = channels().get(name)
    if channel is None:
        return ChannelLook(name, "inbox", "phone")
    return ChannelLook(channel.message_title, channel.icon, channel.frame)


def register(app: Flask) -> None:
    """Make the words known to the templates."""
    app.add_template_filter(told)
    app.add_template_global(packet_mark)
    app.add_template_global(channel_look)
    app.jinja_env.globals.update(
        step_words=STEP_WORDS,
        message_words=MESSAGE_WORDS,
        shown_words=SHOWN_WORDS,
        call_words=CALL_WORDS,
        channels=channels(),
    )
