"""What a channel is: whom it reaches, what a message on it consists of, how it is counted, how people see it."""

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
)  # the parts that are columns of `template` and `message`; all others stand in their column `parts`


@dataclass(frozen=True, slots=True)
class Part:
    """A named text of a message. `limit` is its length in characters; a part that is not `required` may be left out of a template.

    `title` follows "the" in a sentence. `one_line`: line breaks become spaces, as a mail header needs it (S6).
    """

    name: str
    title: str
    limit: int
    required: bool = True
    one_line: bool = False

    @property
    def called(self) -> Sentence:
        """The part within a sentence; in English where no catalogue has a word for it."""
        return Sentence(f"part_{self.name}", {"text": self.title})


@dataclass(frozen=True)
class MessageText:
    """A template of one channel in one language, read and allowed: the parts that it has by name, in the order of its channel."""

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
    """A way to reach people. A new one is a file in this folder with a subclass and `CHANNEL`, an instance of it.

    `title` names it in a sentence ("a message by SMS"); it is English, and a catalogue may translate it as `channel_<name>`. `lane_title`
    begins the titles of its lanes ("sms lane 1"). `max_lanes` is how many lanes of one packet may work on it at once. `icon` is a symbol of
    `webapp/static/icons.svg`, `frame` a template of `webapp/areas/packets/frames/`: how a message is shown.
    `address` is the field that it writes to, a column of `clean_row`.
    `parts` are what a message consists of, in the order in which a person reads them; one of them is the body.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    lane_title: ClassVar[str]
    max_lanes: ClassVar[int]
    icon: ClassVar[str]
    frame: ClassVar[str]
    address: ClassVar[str]
    parts: ClassVar[tuple[Part, ...]]

    @property
    def called(self) -> Sentence:
        """The channel within a sentence; by its own title where a catalogue has no word for it."""
        return Sentence(f"channel_{self.name}", {"text": self.title})

    def part(self, name: str) -> Part:
        """The part of this name. Raises KeyError when there is none."""
        return {part.name: part for part in self.parts}[name]

    def reach(self, columns: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool]:
        """Whether a row, by the columns of `clean_row`, can be reached; never NULL."""
        address = columns[self.address]
        return and_(address.is_not(None), address != "")

    def alphabet_in_sql(self, body: ColumnElement[Any]) -> ColumnElement[Any]:  # noqa: ARG002
        """What `measure_in_sql` has to know of a text and what is to be worked out once."""
        return null()

    def measure_in_sql(
        self,
        body: ColumnElement[Any],  # noqa: ARG002
        length: ColumnElement[Any],  # noqa: ARG002
        alphabet: ColumnElement[Any],  # noqa: ARG002
    ) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        """Segments and encoding, of columns that hold a text, its length in characters and its alphabet."""
        return null(), null()

    def read(self, texts: Mapping[str, str | None], language: str, known: Collection[str]) -> MessageText:
        """Read a template: its texts by the names of their parts, which may name `known`.

        Raises TemplateRefused with everything that is wrong with it.
        """
        wrong = [
            Sentence("part_not_of_channel", {"channel": self.called, "part": name})
            for name, text in texts.items()
            if text and name not in {part.name for part in self.parts}
        ]
        given = {part: texts.get(part.name) or "" for part in self.parts}
        for part, text in given.items():
            wrong += _flaws(part, text, self.called)
        read = {
            part.name: _read(text, language, known, wrong) for part, text in given.items() if text.strip()
        }
        if wrong:
            raise TemplateRefused(*dict.fromkeys(wrong))
        return MessageText(read)


def texts_of(template: Row[Any]) -> dict[str, str | None]:
    """The texts of a row of `template`, by the names of their parts."""
    return {SUBJECT: template.subject, BODY: template.body, **(template.parts or {})}


def _flaws(part: Part, text: str, channel: Sentence) -> list[Sentence]:
    if part.required and not text.strip():
        if part.name == BODY:
            return [Sentence("text_empty")]
        return [Sentence("message_needs_part", {"channel": channel, "part": part.called})]
    if part.one_line and ("\n" in text or "\r" in text):
        return [Sentence("part_not_one_line", {"part": part.called})]
    return []


def _read(source: str, language: str, known: Collection[str], wrong: list[Sentence]) -> Any:
    try:
        return Wording.read(source, language, known)
    except TemplateRefused as refused:
        wrong += refused.sentences
