"""A template that was read and allowed, and its text for a row."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, partial

from jinja2 import Template, TemplateSyntaxError, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pipelines.channels.wording import grammar, spoken
from pipelines.channels.wording.grammar import Piece
from pipelines.errors import PacketboatError
from pipelines.language import Sentence


class TemplateRefused(PacketboatError):
    """A text that cannot be used; `sentences` has one for each reason."""

    def __init__(self, *sentences: Sentence) -> None:
        super().__init__("text_refused", reasons=sentences)
        self.sentences = sentences


class MissingValue(Exception):
    """A row has no value for something that the text says: it must be held, and never sent half filled (R9)."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class _Empty(Undefined):
    """An empty field: as strict as Jinja's StrictUndefined when printed; unlike that, it may be asked for and compared."""

    __slots__ = ()

    def __str__(self) -> str:
        raise MissingValue(str(self._undefined_name))


@dataclass(frozen=True)
class Wording:
    """One text of a message in one language. `pieces` is its plain form, where it has one: then SQL can fill it."""

    language: str
    names: tuple[str, ...]
    pieces: tuple[Piece, ...] | None
    _template: Template = field(repr=False, compare=False)

    @classmethod
    def read(cls, source: str, language: str, known: Collection[str]) -> "Wording":
        """Read a template that may name `known`. Raises TemplateRefused with everything that is wrong with it."""
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
        wrong += [_unknown(name, known) for name in names if name not in known]
        if wrong:
            raise TemplateRefused(*wrong)
        return cls(language, names, grammar.pieces(tree), environment.from_string(tree))

    def fill(self, values: Mapping[str, str]) -> str:
        """The text for a row. `values` has only what is not empty. Raises MissingValue for what the text says and is not there."""
        return self._template.render(values)

    def missing(self, values: Mapping[str, str]) -> list[str]:
        """Everything that the text says and `values` lacks, in the order in which it is met."""
        found: list[str] = []
        given = dict(values)
        while True:
            try:
                self.fill(given)
            except MissingValue as missing:
                found.append(missing.name)
                given |= _STAND_INS.get(missing.name, {missing.name: "?"})
            else:
                return found


_ANY_TIME = "2000-01-01 00:00"
_STAND_INS = {"contact_at": {"contact_at": _ANY_TIME}, "contact_time": {"contact_at": _ANY_TIME}}


def _known_language(language: str) -> str:
    try:
        spoken.locale(language)
    except ValueError:
        raise TemplateRefused(Sentence("text_unknown_language", {"language": language})) from None
    return language


def _unknown(name: str, known: Collection[str]) -> Sentence:
    if close := get_close_matches(name, known, n=1):
        return Sentence("text_unknown_name_close", {"name": name, "close": close[0]})
    return Sentence("text_unknown_name", {"name": name, "known": sorted(known)})


@cache
def _environment(language: str) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(undefined=_Empty, autoescape=False)
    plain = {name: environment.filters[name] for name in grammar.PLAIN_FILTERS}
    environment.filters = plain | {name: partial(_say, name, language) for name in spoken.MOMENTS}
    environment.tests = {"defined": environment.tests["defined"]}
    environment.globals = {}
    return environment


def _say(moment: str, language: str, local: object) -> str:
    words = spoken.MOMENTS[moment](str(local), language)
    if not words:
        raise MissingValue("contact_time")
    return words
