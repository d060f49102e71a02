"""YAML as people expect it: only texts, numbers, true, false, null, lists and objects.

YAML 1.1 reads `no` as false, 14:30 as a number and 2026-11-24 as a date; here they are texts. Anchors are refused, because with them
a short file can expand to a gigabyte.
"""

import re
from typing import Any, ClassVar

import yaml

from pipelines.language import Sentence

TAG = "tag:yaml.org,2002:"
# Each is a subset of what YAML 1.1 accepts, so that the writer quotes every text that looks like one.
SCALARS = (
    ("bool", "true|false", "tf"),
    ("null", "null|~|", ["n", "~", ""]),
    ("int", "-?(0|[1-9][0-9]*)", "-0123456789"),
    ("float", r"-?(0|[1-9][0-9]*)\.[0-9]+([eE][-+][0-9]+)?", "-0123456789"),
)
MAX_DIGITS = 4_300  # of an integer, its sign included: Python's limit

Path = tuple[str | int, ...]


class Unreadable(ValueError):
    """The text cannot be read; `sentence` says why, `line` is None where unknown."""

    def __init__(self, sentence: Sentence, line: int | None = None) -> None:
        super().__init__(sentence.code)
        self.sentence, self.line = sentence, line


def too_long(number: str, line: int) -> Unreadable:
    """The error about an integer that has too many digits."""
    return Unreadable(Sentence("number_too_long", {"digits": len(number), "max": MAX_DIGITS}), line)


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}  # filled below

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise Unreadable(Sentence("yaml_anchor"), self.peek_event().start_mark.line + 1)
        return super().compose_node(parent, index)


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    """Writes texts of several lines as blocks."""


for kind, form, first in SCALARS:
    _Loader.add_implicit_resolver(TAG + kind, re.compile(rf"(?:{form})\Z"), list(first))
_Dumper.add_representer(
    str, lambda dumper, text: dumper.represent_scalar(f"{TAG}str", text, style=_style(text))
)


def read(text: str) -> tuple[Any, dict[Path, int]]:
    """The value, and the line (from 1) of everything in it by path. Raises Unreadable."""
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
    """The text from which `read` reads the same value."""
    text: str = yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10**9)
    return text


def _style(text: str) -> str | None:
    """A block for several lines; quotes for characters that only YAML takes for a line end."""
    if any(character in text for character in "\x85\u2028\u2029"):
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
        return [_value(inner, (*path, index), lines) for index, inner in enumerate(node.value)]
    return _scalar(node, line)


def _object(node: yaml.MappingNode, path: Path, lines: dict[Path, int]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for key, inner in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise Unreadable(Sentence("yaml_key_not_text"), line)
        if key.value in value:
            raise Unreadable(Sentence("key_twice", {"key": key.value}), line)
        lines[(*path, key.value)] = line
        value[key.value] = _value(inner, (*path, key.value), lines)
    return value


def _scalar(node: yaml.Node, line: int) -> Any:
    text: str = node.value
    match node.tag.removeprefix(TAG):
        case "str":
            return text
        case "bool":
            return text == "true"
        case "null":
            return None
        case "int":
            if len(text) > MAX_DIGITS:
                raise too_long(text, line)
            return int(text)
        case "float":
            return float(text)
        case tag:
            raise Unreadable(Sentence("yaml_wrong_kind", {"kind": tag[:30]}), line)
