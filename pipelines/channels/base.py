"""What a channel is: which address it needs, how long a message may be, and how it is measured."""

from abc import ABC
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, and_, null

from pipelines.channels.wording.template import TemplateRefused, Wording


@dataclass(frozen=True, slots=True)
class Measure:
    """What a message counts as on its way out; empty where a channel does not count."""

    segments: int | None = None
    encoding: str | None = None


@dataclass(frozen=True)
class MessageText:
    """A template of one channel in one language, read and allowed."""

    body: Wording
    subject: Wording | None

    @property
    def wordings(self) -> list[Wording]:
        """Subject and body, as far as there are both."""
        return [self.body] if self.subject is None else [self.subject, self.body]

    @property
    def names(self) -> list[str]:
        """The fields and columns that it uses."""
        return list(dict.fromkeys(name for wording in self.wordings for name in wording.names))

    @property
    def is_plain(self) -> bool:
        """Whether SQL can fill it."""
        return all(wording.pieces is not None for wording in self.wordings)


class Channel(ABC):
    """A way to reach people. A new one is a file in this folder with a subclass and `CHANNEL`, an instance of it.

    `address` is the field that it writes to, a column of `clean_row`, and `address_title` that in a sentence, with its article.
    Lengths are in characters.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    address: ClassVar[str]
    address_title: ClassVar[str]
    longest_body: ClassVar[int]
    longest_subject: ClassVar[int] = 0  # 0: a message has no subject

    def reaches(self, row: Mapping[str, Any]) -> bool:
        """Whether a row, by the columns of `clean_row`, can be reached."""
        return bool(row.get(self.address))

    def reach(self, columns: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool]:
        """The same in SQL, never NULL."""
        address = columns[self.address]
        return and_(address.is_not(None), address != "")

    def measure(self, body: str) -> Measure:  # noqa: ARG002 - a channel that counts looks at it
        """What a message with this text counts as."""
        return Measure()

    def sort_in_sql(self, body: ColumnElement[Any]) -> ColumnElement[Any]:  # noqa: ARG002
        """What `measure_in_sql` has to know of a text and what is to be worked out once."""
        return null()

    def measure_in_sql(
        self,
        body: ColumnElement[Any],  # noqa: ARG002
        length: ColumnElement[Any],  # noqa: ARG002
        sort: ColumnElement[Any],  # noqa: ARG002
    ) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        """Segments and encoding, of columns that hold a text, its length in characters and its sort."""
        return null(), null()

    def read(self, subject: str | None, body: str, language: str, known: Collection[str]) -> MessageText:
        """Read a template whose texts may name `known`. Raises TemplateRefused with everything that is wrong with it."""
        wrong: list[str] = []
        if self.longest_subject and not (subject or "").strip():
            wrong.append(f"A message by {self.title} needs a subject.")
        if not self.longest_subject and subject:
            wrong.append(f"A message by {self.title} has no subject.")
        if subject and ("\n" in subject or "\r" in subject):
            wrong.append("The subject must be one line.")
        if not body.strip():
            wrong.append("The text is empty.")
        read = [_read(text, language, known, wrong) for text in (subject, body) if text]
        if wrong:
            raise TemplateRefused(list(dict.fromkeys(wrong)))
        *subjects, text = read
        return MessageText(body=text, subject=subjects[0] if subjects else None)


def _read(source: str, language: str, known: Collection[str], wrong: list[str]) -> Any:
    try:
        return Wording.read(source, language, known)
    except TemplateRefused as refused:
        wrong += refused.sentences
