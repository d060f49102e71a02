"""What is wrong with a campaign, said in sentences that name the place."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from pipelines.domain.fields import COLUMNS

SCHEMA_FILE = Path(__file__).with_name("campaign.schema.json")
FILE_SCHEMA = Path(__file__).with_name("campaign_file.schema.json")
MAX_NESTED = 50  # lists and objects in one another; a rule that deep is no longer read by anybody


@dataclass(frozen=True, slots=True)
class Mistake:
    """`sentence` says where and what; `path` are the keys and numbers (from 0) that lead there, `line` the line of a file, if known."""

    sentence: str
    path: tuple[str | int, ...] = ()
    line: int | None = None


def mistakes(document: object, part: str = "", schema: Path = SCHEMA_FILE) -> list[Mistake]:
    """Each mistake in `document`: by default in the whole details, else in the definition of the schema called `part`."""
    if _depth(document) > MAX_NESTED:
        return [Mistake(f"Lists and objects are nested more than {MAX_NESTED} deep.")]
    errors = sorted(
        _validator(schema, part).iter_errors(document), key=lambda error: list(map(str, error.path))
    )
    start = [part] if part else []
    return [
        Mistake(f"{_place([*start, *error.path], document)} {_wrong(error)}.", tuple(error.path))
        for error in errors
    ]


@cache
def _validator(schema_file: Path, part: str) -> Draft202012Validator:
    schema = json.loads(schema_file.read_text())
    if schema_file == SCHEMA_FILE:
        schema["$defs"]["field"]["enum"] = [field.name for field in COLUMNS if not field.fallback]
    return Draft202012Validator({"$ref": f"#/$defs/{part}", "$defs": schema["$defs"]} if part else schema)


def _depth(document: object) -> int:
    """How deep lists and objects go, without recursion: the document is somebody else's."""
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


def _place(path: list[Any], document: object) -> str:
    """Where in the details: `rule 2 ("else e-mail"), when, has`, numbered as people count."""
    if not path:
        return "The whole"
    words = [f"number {step + 1}" if isinstance(step, int) else str(step) for step in path]
    if path[0] == "rules" and len(path) > 1 and isinstance(document, Mapping):
        rule = document["rules"][path[1]]
        name = rule.get("name") if isinstance(rule, Mapping) else None
        words[:2] = [f"rule {path[1] + 1}" + (f' ("{name}")' if isinstance(name, str) else "")]
    return ", ".join(words)


def _wrong(error: ValidationError) -> str:
    """What is wrong at that place, in plain words."""
    say = _WORDS.get(str(error.validator))
    return say(error.validator_value, error) if say else f"breaks the rule {error.validator} of the schema"


def _lacks(names: Any, error: Any) -> str:
    return f"lacks {' and '.join(name for name in names if name not in error.instance)}"


def _unknown(_value: Any, error: Any) -> str:
    known = error.schema["properties"]
    return f"has unknown keys: {', '.join(sorted(set(error.instance) - set(known)))}; allowed: {', '.join(known)}"


def _wrong_length(value: Any, error: Any) -> str:
    if "prefixItems" in error.schema:
        return "must be a list of two: a field and what it is compared with"
    return "must not be empty" if value == 1 else f"is too long: {value} is the most"


def _wrong_form(pattern: Any, _error: Any) -> str:
    if "[0-5]" in pattern:
        return "must be a time of day like 14:30 or a date like 2026-11-24"
    if "-]" in pattern:
        return "must have small letters, digits and hyphens, 63 at most"
    return "must be a name in small letters, digits and _"


_KINDS = {
    "object": "an object",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
}
_WORDS: dict[str, Callable[[Any, Any], str]] = {
    "required": _lacks,
    "additionalProperties": _unknown,
    "enum": lambda values, _error: f"must be one of {', '.join(values)}",
    "const": lambda value, _error: f"must be {value}",
    "type": lambda kind, _error: f"must be {_KINDS[kind]}",
    "minimum": lambda value, _error: f"must be at least {value}",
    "maximum": lambda value, _error: f"must be at most {value}",
    "minItems": _wrong_length,
    "maxItems": _wrong_length,
    "minLength": _wrong_length,
    "maxLength": _wrong_length,
    "minProperties": _wrong_length,
    "maxProperties": lambda _value, _error: "must hold one operator, not several: put them into all or any",
    "uniqueItems": lambda _value, _error: "names something twice",
    "pattern": _wrong_form,
}
