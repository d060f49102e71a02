"""A campaign in a file that people write, YAML or JSON. Mistakes are reported with their line."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pipelines.domain import plain_yaml
from pipelines.domain.campaign import CampaignInvalid
from pipelines.domain.campaign_document import CampaignDocument, Path
from pipelines.domain.campaign_mistakes import Mistake
from pipelines.language import Sentence

MAX_BYTES = 1024**2
ORDER = (
    "schema",
    "type",
    "fields",
    "required",
    "optional",
    "rules",
    "name",
    "when",
    "send",
    "schedule",
    "start",
    "steps",
    "before",
    "after",
    "days",
    "hours",
    "minutes",
    "at",
    "tolerance_minutes",
    "not_if_booked_within_hours",
    "one_per_person_and_day",
    "window",
    "reason",
    "weekdays",
    "holidays",
    "country",
    "subdivision",
    "deadline",
    "quality",
    "replies",
)
SURROGATE = re.compile(
    "[\ud800-\udfff]"
)  # half of a character: JSON and YAML can write one as an escape, UTF-8 cannot


@dataclass(frozen=True, slots=True)
class CampaignFile:
    """The content of a file, and the line of each value by its path (empty for JSON)."""

    value: Any
    lines: dict[Path, int] = field(default_factory=dict)

    @property
    def document(self) -> CampaignDocument:
        """The campaign. Raises CampaignInvalid."""
        return CampaignDocument.from_json(self.value)

    def invalid(self, mistakes: Sequence[Mistake]) -> CampaignInvalid:
        """An error with the mistakes in file order, each with the line of its value or of the closest enclosing one."""

        def line(path: Path) -> int | None:
            enclosing = [path[:length] for length in range(len(path), -1, -1)]
            return next((self.lines[one] for one in enclosing if one in self.lines), None)

        placed = [replace(one, line=line(one.path)) for one in mistakes]
        return CampaignInvalid(sorted(placed, key=lambda one: one.line or 0))


def read_campaign(source: bytes) -> CampaignFile:
    """Read a file that begins with `{` as JSON, any other as YAML. Raises CampaignInvalid when it is neither."""
    if len(source) > MAX_BYTES:
        raise CampaignInvalid([Mistake(Sentence("campaign_file_too_large", {"limit": MAX_BYTES}))])
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = source[: error.start].count(b"\n") + 1
        raise CampaignInvalid([Mistake(Sentence("campaign_file_not_utf8"), line=line)]) from None
    try:
        value, lines = (_json(text), {}) if text.lstrip().startswith("{") else plain_yaml.read(text)
        file = CampaignFile(value, lines)
        unstorable = list(_unstorable(file.value))
    except plain_yaml.Unreadable as error:
        raise CampaignInvalid([Mistake(error.sentence, line=error.line)]) from None
    except RecursionError:
        raise CampaignInvalid([Mistake(Sentence("nested_too_deep"))]) from None
    if unstorable:
        raise file.invalid(unstorable)
    return file


def write_campaign(document: CampaignDocument, *, as_json: bool = False) -> str:
    """The file from which `read_campaign` reads the same document."""
    value = document.as_json()
    value["details"] = _in_order(value["details"])
    if as_json:
        return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    return plain_yaml.write(value)


def _in_order(value: Any) -> Any:
    """The keys in the order in which people write them: PostgreSQL sorts those of a JSON column by length."""
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: ORDER.index(key) if key in ORDER else len(ORDER))
        return {key: _in_order(value[key]) for key in keys}
    if isinstance(value, list):
        return [_in_order(one) for one in value]
    return value


def _unstorable(value: Any, path: Path = ()) -> Iterator[Mistake]:
    """The texts that PostgreSQL cannot store."""
    match value:
        case str() if "\0" in value:
            yield Mistake(Sentence("campaign_file_with_nul"), path)
        case str() if SURROGATE.search(value):
            yield Mistake(Sentence("campaign_file_with_surrogate"), path)
        case dict():
            for key, inner in value.items():
                yield from _unstorable(key, (*path, key))
                yield from _unstorable(inner, (*path, key))
        case list():
            for index, inner in enumerate(value):
                yield from _unstorable(inner, (*path, index))


def _json(text: str) -> Any:
    def integer(digits: str) -> int:
        if len(digits) > plain_yaml.MAX_DIGITS:
            raise plain_yaml.too_long(digits, text[: text.index(digits)].count("\n") + 1)
        return int(digits)

    try:
        return json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_constant,
            parse_int=integer,
        )
    except json.JSONDecodeError as error:
        raise plain_yaml.Unreadable(Sentence("not_json", {"message": error.msg}), error.lineno) from None
    except RecursionError:
        raise plain_yaml.Unreadable(Sentence("nested_too_deep")) from None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        duplicate = next(name for name in names if names.count(name) > 1)
        raise plain_yaml.Unreadable(Sentence("key_twice", {"key": duplicate}))
    return value


def _refuse_constant(name: str) -> Any:
    raise plain_yaml.Unreadable(Sentence("not_a_json_number", {"number": name}))
