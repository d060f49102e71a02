"""What a channel is: whom it reaches, what its messages consist of, how they are counted, how people see them."""

from abc import ABC
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Row, and_, null

from pipelines.channels.wording.template import TemplateRefused, Wording
from pipelines.language import Sentence

BODY, SUBJECT = "body", "subject"
COLUMNS = (
    SUBJECT,
    BODY,
)  # parts with a column of their own in `template` and `message`; all others are in the column `parts`


@dataclass(frozen=True, slots=True)
class Part:
    """A named text of a message. `limit` is its length in characters; a part that is not `required` may be left out of a template.

    `title` follows "the" in a sentence. `one_line`: line breaks become spaces, as a mail header requires (S6).
    """

    name: str
    title: str
    limit: int
    required: bool = True
    one_line: bool = False

    @property
    def as_sentence(self) -> Sentence:
        """The part's name within a sentence; in English if no catalogue has it."""
        return Sentence(f"part_{self.name}", {"text": self.title})


@dataclass(frozen=True)
class MessageText:
    """A template of one channel in one language, parsed and checked: its parts by name, in the order of the channel."""

    parts: Mapping[str, Wording]

    @property
    def names(self) -> list[str]:
        """The fields and columns that it uses."""
        return list(dict.fromkeys(name for wording in self.parts.values() for name in wording.names))

    @property
    def is_plain(self) -> bool:
        """Whether SQL can fill it."""
        return all(wording.pieces is not None for wording in self.parts.values())


class Channel(ABC):
    """A way to reach people. To add one, add a file to this folder with a subclass and `CHANNEL`, an instance of it.

    `title` names it in a sentence ("a message by SMS"); it is English, and a catalogue may translate it as `channel_<name>`. `lane_title`
    begins the titles of its lanes ("sms lane 1"). `max_lanes` is how many lanes of one packet may work on it at once. `icon` is a symbol of
    `webapp/static/icons.svg`, `frame` a template of `webapp/areas/packets/frames/` that shows a message.
    `address` is the field with the recipient's address, a column of `clean_row`. `resends`: a message that the provider does not list may be
    sent again without a person; false for what must never come twice, such as a call.
    `parts` are the parts of a message, in reading order; one of them is the body.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    lane_title: ClassVar[str]
    max_lanes: ClassVar[int]
    icon: ClassVar[str]
    frame: ClassVar[str]
    address: ClassVar[str]
    resends: ClassVar[bool] = True
    parts: ClassVar[tuple[Part, ...]]

    @property
    def as_sentence(self) -> Sentence:
        """The channel's name within a sentence; its own title if no catalogue has it."""
        return Sentence(f"channel_{self.name}", {"text": self.title})

    def part(self, name: str) -> Part:
        """The part with this name. Raises KeyError when there is none."""
        return {part.name: part for part in self.parts}[name]

    def reach(self, columns: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool]:
        """Whether a row can be reached, from the columns of `clean_row`; never NULL."""
        address = columns[self.address]
        return and_(address.is_not(None), address != "")

    def alphabet_in_sql(self, body: ColumnElement[Any]) -> ColumnElement[Any]:  # noqa: ARG002
        """What `measure_in_sql` needs to know about the characters of a text, computed once per text."""
        return null()

    def measure_in_sql(
        self,
        body: ColumnElement[Any],  # noqa: ARG002
        length: ColumnElement[Any],  # noqa: ARG002
        alphabet: ColumnElement[Any],  # noqa: ARG002
    ) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        """Segments and encoding, from columns with a text, its length in characters and its alphabet."""
        return null(), null()

    def read(self, texts: Mapping[str, str | None], language: str, allowed: Collection[str]) -> MessageText:
        """Parse a template: its texts by the names of their parts. They may use the `allowed` names.

        Raises TemplateRefused with everything that is wrong with it.
        """
        wrong = [
            Sentence("part_not_of_channel", {"channel": self.as_sentence, "part": name})
            for name, text in texts.items()
            if text and name not in {part.name for part in self.parts}
        ]
        by_part = {part: texts.get(part.name) or "" for part in self.parts}
        for part, text in by_part.items():
            wrong += _flaws(part, text, self.as_sentence)
        read = {
            part.name: _read(text, language, allowed, wrong) for part, text in by_part.items() if text.strip()
        }
        if wrong:
            raise TemplateRefused(*dict.fromkeys(wrong))
        return MessageText(read)


def texts_of(template: Row[Any]) -> dict[str, str | None]:
    """The texts of a row of `template`, by part."""
    return {SUBJECT: template.subject, BODY: template.body, **(template.parts or {})}


def _flaws(part: Part, text: str, channel: Sentence) -> list[Sentence]:
    if part.required and not text.strip():
        if part.name == BODY:
            return [Sentence("text_empty")]
        return [Sentence("message_needs_part", {"channel": channel, "part": part.as_sentence})]
    if part.one_line and ("\n" in text or "\r" in text):
        return [Sentence("part_not_one_line", {"part": part.as_sentence})]
    return []


def _read(source: str, language: str, allowed: Collection[str], wrong: list[Sentence]) -> Any:
    try:
        return Wording.read(source, language, allowed)
    except TemplateRefused as refused:
        wrong += refused.sentences
