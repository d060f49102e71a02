"""A campaign as one document (names, details, texts), and the differences between two documents."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from pipelines.domain.campaign import CampaignInvalid, details_mistakes
from pipelines.domain.campaign_mistakes import FILE_SCHEMA, Mistake, mistakes

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A text for one channel and language (ISO 639); `subject` is for channels that have one, `parts` holds any other parts."""

    channel: str
    language: str
    body: str
    subject: str | None = None
    parts: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, channel: str, language: str, parts: Mapping[str, str]) -> Self:
        """A text from its parts by name."""
        others = {name: text for name, text in parts.items() if name not in {"subject", "body"}}
        return cls(channel, language, parts["body"], parts.get("subject"), others)

    def as_json(self) -> dict[str, str]:
        """Its parts by name."""
        subject = {} if self.subject is None else {"subject": self.subject}
        return {**subject, "body": self.body, **self.parts}


@dataclass(frozen=True, slots=True)
class CampaignDocument:
    """A whole campaign. `slug` is its short name; `details` follow campaign.schema.json."""

    slug: str
    name: str
    details: Mapping[str, Any]
    texts: tuple[Text, ...]

    @classmethod
    def from_json(cls, document: Any) -> Self:
        """Read a document of campaign_file.schema.json. Raises CampaignInvalid with the result of `shape_mistakes`."""
        if wrong := shape_mistakes(document):
            raise CampaignInvalid(wrong)
        texts = [
            Text.from_json(channel, language, text)
            for channel, by_language in document["texts"].items()
            for language, text in by_language.items()
        ]
        return cls(document["campaign"], document["name"], document["details"], tuple(texts))

    def as_json(self) -> dict[str, Any]:
        """The document that `from_json` reads."""
        texts: dict[str, dict[str, dict[str, str]]] = {}
        for text in self.texts:
            texts.setdefault(text.channel, {})[text.language] = text.as_json()
        return {"campaign": self.slug, "name": self.name, "details": self.details, "texts": texts}


def shape_mistakes(document: Any) -> list[Mistake]:
    """Violations of the document's schema and of the details' schema."""
    wrong = mistakes(document, schema=FILE_SCHEMA)
    if isinstance(document, Mapping) and isinstance(details := document.get("details"), Mapping):
        wrong += [replace(one, path=("details", *one.path)) for one in details_mistakes(details)]
    return wrong


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs. `before` or `after` is None where there is no value."""

    path: Path
    before: Any
    after: Any


def changes(before: Any, after: Any, path: Path = ()) -> Iterator[Change]:
    """The differences between two JSON documents, value by value; lists are compared by index."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*after, *before)):
            yield from changes(before.get(key), after.get(key), (*path, key))
    elif _is_list(before) and _is_list(after):
        for index in range(max(len(before), len(after))):
            old, new = (items[index] if index < len(items) else None for items in (before, after))
            yield from changes(old, new, (*path, index))
    elif before != after:
        yield Change(path, before, after)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
