"""YAML as people expect it: texts, numbers, true, false and null, lists and objects. Nothing else has a meaning.

YAML 1.1 takes `no` for false, 14:30 for a number and 2026-11-24 for a date; here they are texts. Anchors are refused: with them a
short file can stand for a gigabyte.
"""

import re
from typing import Any, ClassVar

import yaml

from pipelines.language import Sentence

TAG = "tag:yaml.org,2002:"
# Each is a part of what YAML 1.1 means by it, so that a text which looks like one is written in quotes.
SCALARS = (
    ("bool", "true|false", "tf"),
    ("null", "null|~|", ["n", "~", ""]),
    ("int", "-?(0|[1-9][0-9]*)", "-0123456789"),
    ("float", r"-?(0|[1-9][0-9]*)\.[0-9]+([eE][-+][0-9]+)?", "-0123456789"),
)
MAX_DIGITS = 4_300  # of a number: Python reads no longer ones

Path = tuple[str | int, ...]


class Unreadable(ValueError):
    """The text is not what it should be; says what is wrong, and in which line if that is known."""

    def __init__(self, sentence: Sentence, line: int | None = None) -> None:
        super().__init__(sentence.code)
        self.sentence, self.line = sentence, line


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}  # filled below

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise Unreadable(Sentence("yaml_anchor"), self.peek_event().start_mark.line + 1)
        return super().compose_node(parent, index)


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    """Texts of several lines stand as they are."""


for kind, form, first in SCALARS:
    _Loader.add_implicit_resolver(TAG + kind, re.compile(rf"(?:{form})\Z"), list(first))
_Dumper.add_representer(
    str, lambda dumper, text: dumper.represent_scalar(f"{TAG}str", text, style=_style(text))
)


def read(text: str) -> tuple[Any, dict[Path, int]]:
    """The value and, by path, the line (from 1) of everything in it. Raises Unreadable."""
    lines: dict[Path, int] = {}
    try:
        return _value(yaml.compose(text, _Loader), (), lines), lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise Unreadable(Sentence("not_yaml", {"problem": error.problem or ""}), line) from None
    except yaml.reader.ReaderError as error:
        raise Unreadable(Sentence("yaml_character", {"character": f"U+{error.character:04X}"})) from None
    except RecursionError:
        raise Unreadable(Sentence("nested_too_deep")) from None


def write(value: Any) -> str:
    """The text that `read` reads to this value."""
    text: str = yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10**9)
    return text


def _style(text: str) -> str | None:
    """As it stands where it has several lines; in quotes where it has what only YAML takes for the end of a line."""
    if any(sign in text for sign in "\x85\u2028\u2029"):
        return '"'
    return "|" if "\n" in text else None


def _value(node: yaml.Node | None, path: Path, lines: dict[Path, int]) -> Any:
    if node is None:
        return None
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if isinstance(node, yaml.MappingNode):
        return _object(node, path, lines)
    if isinstance(node, yaml.SequenceNode):
        return [_value(inner, (*path, place), lines) for place, inner in enumerate(node.value)]
    return _scalar(node, line)


def _object(node: yaml.MappingNode, path: Path, lines: dict[Path, int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, inner in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise Unreadable(Sentence("yaml_key_not_text"), line)
        if key.value in found:
            raise Unreadable(Sentence("key_twice", {"key": key.value}), line)
        lines[(*path, key.value)] = line
        found[key.value] = _value(inner, (*path, key.value), lines)
    return found


def _scalar(node: yaml.Node, line: int) -> Any:
    text: str = node.value
    match node.tag.removeprefix(TAG):
        case "str":
            return text
        case "bool":
            return text == "true"
        case "null":
            return None
        case "int" if len(text) < MAX_DIGITS:
            return int(text)
        case "float":
            return float(text)
        case tag:
            raise Unreadable(Sentence("yaml_wrong_kind", {"kind": tag[:30]}), line)
