"""Sentences in the language of the page, and how channels are shown."""

from dataclasses import dataclass

from flask import Flask

from pipelines.channels import channels, title_of
from pipelines.channels.base import BODY, SUBJECT
from pipelines.language import Sentence, language_for, say, vocabulary
from pipelines.reports import marks, messages
from pipelines.reports.messages import ListedMessage
from pipelines.reports.row import Message
from pipelines.states import STEPS
from webapp.fab.locale import current


def translated(sentence: Sentence) -> str:
    """A sentence in the language of this page."""
    return say(sentence, page_language())


def page_language() -> str:
    """The language of this page. A streamed download must read it before the request ends."""
    return language_for(str(current()))


@dataclass(frozen=True)
class ChannelLook:
    """The title of a channel and the look of its messages: `frame` is a template of areas/packets/frames."""

    title: str
    icon: str
    frame: str


def channel_look(name: str) -> ChannelLook:
    """The look that the channel's file defines; messages of a removed channel are shown plainly."""
    channel = channels().get(name)
    if channel is None:
        return ChannelLook(translated(title_of(name)), "inbox", "phone")
    return ChannelLook(translated(title_of(name)), channel.icon, channel.frame)


def parts_of(message: ListedMessage | Message) -> dict[str, str]:
    """The parts of a message by name, in the order of its channel; parts that its channel does not have follow."""
    texts = {SUBJECT: message.subject, BODY: message.body, **(message.parts or {})}
    channel = channels().get(message.channel)
    known = [part.name for part in channel.parts] if channel else []
    return {name: text for name in dict.fromkeys([*known, *texts]) if (text := texts.get(name)) is not None}


def headline(message: ListedMessage | Message) -> str | None:
    """The first part of a message that is not its body."""
    return next((text for name, text in parts_of(message).items() if name != BODY), None)


def register(app: Flask) -> None:
    """Make the words available to the templates."""
    app.add_template_filter(translated)
    app.add_template_filter(vocabulary.capitalized)
    for word in (
        vocabulary.reply_kind,
        vocabulary.step_title,
        vocabulary.step_purpose,
        vocabulary.mark_meaning,
        vocabulary.heading,
        marks.packet_mark,
        marks.message_mark,
        marks.call_mark,
        messages.filter_words,
        channel_look,
        parts_of,
        headline,
    ):
        app.add_template_global(word)
    app.jinja_env.globals.update(STEPS=STEPS, SHOWN=messages.SHOWN, channels=channels())
