"""A template that has been parsed and checked, and its text for a row."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, partial

from jinja2 import Template, TemplateSyntaxError, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pipelines.channels.wording import grammar, moments
from pipelines.channels.wording.grammar import Piece
from pipelines.errors import PacketboatError
from pipelines.language import Sentence


class TemplateRefused(PacketboatError):
    """A text that cannot be used; `sentences` has one sentence per reason."""

    def __init__(self, *sentences: Sentence) -> None:
        super().__init__("text_refused", reasons=sentences)
        self.sentences = sentences


class MissingValue(Exception):
    """A row lacks a value that the text uses. The row must be held, never sent half filled (R9)."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class _Empty(Undefined):
    """An empty field: printing it is an error, as with Jinja's StrictUndefined, but it may be tested and compared."""

    __slots__ = ()

    def __str__(self) -> str:
        raise MissingValue(str(self._undefined_name))


@dataclass(frozen=True)
class Wording:
    """One text of a message in one language. `pieces` is its plain form, if it has one: then SQL can fill it."""

    language: str
    names: tuple[str, ...]
    pieces: tuple[Piece, ...] | None
    _template: Template = field(repr=False, compare=False)

    @classmethod
    def read(cls, source: str, language: str, allowed: Collection[str]) -> "Wording":
        """Parse a template that may use the `allowed` names. Raises TemplateRefused with everything that is wrong with it."""
        environment = _environment(_known_language(language))
        if len(source) > grammar.MAX_CHARACTERS:
            raise TemplateRefused(Sentence("text_too_long", {"max": grammar.MAX_CHARACTERS}))
        try:
            tree = environment.parse(source)
            wrong = list(dict.fromkeys(grammar.mistakes(tree)))
        except TemplateSyntaxError as error:
            where = {"line": error.lineno, "message": error.message or ""}
            raise TemplateRefused(Sentence("text_unreadable", where)) from None
        except (RecursionError, ValueError, MemoryError):
            raise TemplateRefused(Sentence("text_too_complex")) from None
        names = grammar.names(tree)
        wrong += [_unknown(name, allowed) for name in names if name not in allowed]
        if wrong:
            raise TemplateRefused(*wrong)
        return cls(language, names, grammar.pieces(tree), environment.from_string(tree))

    def fill(self, values: Mapping[str, str]) -> str:
        """The text for a row. `values` has the non-empty values only. Raises MissingValue for a value that the text needs."""
        return self._template.render(values)

    def missing(self, values: Mapping[str, str]) -> list[str]:
        """Everything that the text needs and `values` lacks, in the order of use."""
        names: list[str] = []
        values = dict(values)
        while True:
            try:
                self.fill(values)
            except MissingValue as missing:
                names.append(missing.name)
                values |= _STAND_INS.get(missing.name, {missing.name: "?"})
            else:
                return names


_ANY_TIME = "2000-01-01 00:00"
_STAND_INS = {"contact_at": {"contact_at": _ANY_TIME}, "contact_time": {"contact_at": _ANY_TIME}}


def _known_language(language: str) -> str:
    try:
        moments.locale(language)
    except ValueError:
        raise TemplateRefused(Sentence("text_unknown_language", {"language": language})) from None
    return language


def _unknown(name: str, allowed: Collection[str]) -> Sentence:
    if close := get_close_matches(name, allowed, n=1):
        return Sentence("text_unknown_name_close", {"name": name, "close": close[0]})
    return Sentence("text_unknown_name", {"name": name, "known": sorted(allowed)})


@cache
def _environment(language: str) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(undefined=_Empty, autoescape=False)
    plain = {name: environment.filters[name] for name in grammar.PLAIN_FILTERS}
    environment.filters = plain | {name: partial(_moment, name, language) for name in moments.FORMATS}
    environment.tests = {"defined": environment.tests["defined"]}
    environment.globals = {}
    return environment


def _moment(format_: str, language: str, local: object) -> str:
    text = moments.FORMATS[format_](str(local), language)
    if not text:
        raise MissingValue("contact_time")
    return text
