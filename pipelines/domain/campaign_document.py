"""A campaign as one document: its names, its details, its texts; and what differs between two of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from pipelines.domain.campaign import CampaignInvalid
from pipelines.domain.campaign_mistakes import FILE_SCHEMA, Mistake, mistakes

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A text for one channel and language (ISO 639); `subject` for channels that have one, `parts` for what they have besides."""

    channel: str
    language: str
    body: str
    subject: str | None = None
    parts: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, channel: str, language: str, parts: Mapping[str, str]) -> Self:
        """A text by the names of its parts."""
        further = {name: text for name, text in parts.items() if name not in {"subject", "body"}}
        return cls(channel, language, parts["body"], parts.get("subject"), further)

    def as_json(self) -> dict[str, str]:
        """Its parts by name."""
        subject = {} if self.subject is None else {"subject": self.subject}
        return {**subject, "body": self.body, **self.parts}


@dataclass(frozen=True, slots=True)
class CampaignDocument:
    """All that a campaign says. `slug` is its short name; `details` follow campaign.schema.json."""

    slug: str
    name: str
    details: Mapping[str, Any]
    texts: tuple[Text, ...]

    @classmethod
    def from_json(cls, document: Any) -> Self:
        """Read a document of campaign_file.schema.json. Raises CampaignInvalid with what `shape_mistakes` finds."""
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
    """Where a document does not follow its schema, or its details do not follow theirs."""
    wrong = mistakes(document, schema=FILE_SCHEMA)
    if isinstance(document, Mapping) and isinstance(details := document.get("details"), Mapping):
        wrong += [replace(one, path=("details", *one.path)) for one in mistakes(details)]
    return wrong


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs. `before` or `after` is None where there is no value."""

    path: Path
    before: Any
    after: Any


def changes(before: Any, after: Any, path: Path = ()) -> Iterator[Change]:
    """What differs between two JSON documents, as small as can be told: value by value, lists by place."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*after, *before)):
            yield from changes(before.get(key), after.get(key), (*path, key))
    elif _is_list(before) and _is_list(after):
        for place in range(max(len(before), len(after))):
            old, new = (many[place] if place < len(many) else None for many in (before, after))
            yield from changes(old, new, (*path, place))
    elif before != after:
        yield Change(path, before, after)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
