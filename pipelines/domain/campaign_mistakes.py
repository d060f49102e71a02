"""What is wrong with a campaign: sentences that name the place of each mistake."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from pipelines.domain.fields import COLUMNS
from pipelines.language import Sentence

SCHEMA_FILE = Path(__file__).with_name("campaign.schema.json")
FILE_SCHEMA = Path(__file__).with_name("campaign_file.schema.json")
MAX_NESTED = 50  # levels of lists and objects; deeper rules are unreadable

# Where in a document: `rule 2 (“else e-mail”), when, has`.
Place = list[Sentence | str]


@dataclass(frozen=True, slots=True)
class Mistake:
    """`sentence` says where and what; `path` holds the keys and indexes (from 0) that lead there, `line` the line of the file, if known."""

    sentence: Sentence
    path: tuple[str | int, ...] = ()
    line: int | None = None


def mistakes(document: object, part: str = "", schema: Path = SCHEMA_FILE) -> list[Mistake]:
    """Each mistake in `document`, checked against the whole schema or against its definition `part`."""
    if _depth(document) > MAX_NESTED:
        return [Mistake(Sentence("details_too_deep", {"max": MAX_NESTED}))]
    errors = sorted(
        _validator(schema, part).iter_errors(document), key=lambda error: list(map(str, error.path))
    )
    start = [part] if part else []
    return [
        Mistake(_wrong(error, _place([*start, *error.path], document)), tuple(error.path)) for error in errors
    ]


@cache
def _validator(schema_file: Path, part: str) -> Draft202012Validator:
    schema = json.loads(schema_file.read_text())
    if schema_file == SCHEMA_FILE:
        schema["$defs"]["field"]["enum"] = [field.name for field in COLUMNS if not field.fallback]
    return Draft202012Validator({"$ref": f"#/$defs/{part}", "$defs": schema["$defs"]} if part else schema)


def _depth(document: object) -> int:
    """How deep lists and objects are nested. Without recursion, because the document is not trusted."""
    level, depth = [document], 0
    while level:
        depth += 1
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return depth


def _place(path: list[Any], document: object) -> Place:
    """The place at this path, numbered as people count."""
    if not path:
        return [Sentence("place_document")]
    if path[0] == "rules" and len(path) > 1 and isinstance(document, Mapping):
        return [_rule(path[1], document["rules"][path[1]]), *map(_step, path[2:])]
    return [_step(step) for step in path]


def _step(step: int | str) -> Sentence | str:
    return Sentence("place_number", {"number": step + 1}) if isinstance(step, int) else step


def _rule(place: int, rule: object) -> Sentence:
    name = rule.get("name") if isinstance(rule, Mapping) else None
    if isinstance(name, str):
        return Sentence("place_named_rule", {"number": place + 1, "name": name})
    return Sentence("place_rule", {"number": place + 1})


def _wrong(error: ValidationError, place: Place) -> Sentence:
    """What is wrong at that place."""
    keyword = str(error.validator)
    mistake = _MISTAKES.get(keyword)
    if mistake is None:
        return Sentence("details_break_schema", {"place": place, "rule": keyword})
    return mistake(place, error.validator_value, error)


def _lacks(place: Place, names: Any, error: Any) -> Sentence:
    return Sentence(
        "details_lack", {"place": place, "names": [one for one in names if one not in error.instance]}
    )


def _unknown(place: Place, _value: Any, error: Any) -> Sentence:
    known = list(error.schema["properties"])
    unknown = sorted(set(error.instance) - set(known))
    return Sentence("details_unknown_keys", {"place": place, "unknown": unknown, "allowed": known})


def _wrong_type(place: Place, kind: Any, _error: Any) -> Sentence:
    match kind:
        case "object":
            return Sentence("details_not_object", {"place": place})
        case "array":
            return Sentence("details_not_list", {"place": place})
        case "string":
            return Sentence("details_not_text", {"place": place})
        case "integer":
            return Sentence("details_not_whole_number", {"place": place})
        case "boolean":
            return Sentence("details_not_boolean", {"place": place})
        case _:
            return Sentence("details_not_number", {"place": place})


def _too_short(place: Place, _value: Any, error: Any) -> Sentence:
    return _not_pair(place) if "prefixItems" in error.schema else Sentence("details_empty", {"place": place})


def _too_many(place: Place, value: Any, error: Any) -> Sentence:
    if "prefixItems" in error.schema:
        return _not_pair(place)
    return Sentence("details_too_many_items", {"place": place, "max": value})


def _not_pair(place: Place) -> Sentence:
    return Sentence("details_not_pair", {"place": place})


def _wrong_form(place: Place, pattern: Any, error: Any) -> Sentence:
    match error.schema.get("title"):
        case "start":
            return Sentence("details_not_start", {"place": place})
        case "hours":
            return Sentence("details_not_hours", {"place": place})
        case "clock":
            return Sentence("details_not_clock", {"place": place})
        case "code":
            return Sentence("details_not_code", {"place": place})
    if "[0-5]" in pattern:
        return Sentence("details_not_moment", {"place": place})
    return Sentence("details_not_short_name" if "-]" in pattern else "details_not_name", {"place": place})


# By the schema keyword that was violated.
_MISTAKES: dict[str, Callable[[Place, Any, Any], Sentence]] = {
    "required": _lacks,
    "additionalProperties": _unknown,
    "type": _wrong_type,
    "enum": lambda place, values, _: Sentence("details_not_one_of", {"place": place, "allowed": values}),
    "const": lambda place, value, _: Sentence("details_not_value", {"place": place, "value": value}),
    "minimum": lambda place, value, _: Sentence("details_below", {"place": place, "min": value}),
    "maximum": lambda place, value, _: Sentence("details_above", {"place": place, "max": value}),
    "minItems": _too_short,
    "maxItems": _too_many,
    "minLength": _too_short,
    "maxLength": lambda place, value, _: Sentence("details_text_too_long", {"place": place, "max": value}),
    "minProperties": _too_short,
    "maxProperties": lambda place, _value, _: Sentence("details_several_operators", {"place": place}),
    "uniqueItems": lambda place, _value, _: Sentence("details_twice", {"place": place}),
    "pattern": _wrong_form,
}
