"""Fills the placeholders of a catalogue's message, with numbers, lists and moments in the style of the language.

`{rows}` formats a value by its type: a number with grouped digits, a list with "and", a sentence in the same language. Explicit formats:
`{ways:or}` a list with "or", `{parts:sum}` one with plus signs, `{place:path}` one with commas, `{reasons:text}` consecutive sentences, `{share:percent}` a share (0 to 1), `{room:bytes}`, `{at:moment}` a moment (`zoned`) with the name of its time zone, `{missing:money}` an amount (`priced`), `{port:plain}` a number without grouping.
"""

from collections.abc import Callable, Mapping
from functools import cache
from string import Formatter
from typing import Any

from babel import Locale
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from pipelines.language import money
from pipelines.language.sentence import Sentence
from pipelines.language.zoned import shown

KIB = 1024

Say = Callable[[Sentence], str]


def fill(message: str, params: Mapping[str, Any], language: str, say: Say) -> str:
    """Fill the placeholders of a message. `say` turns sentences among the params into text. Raises KeyError for a missing param."""
    return _Wording(_locale(language), say).vformat(message, (), params)


def placeholders(message: str) -> set[str]:
    """The names of a message's placeholders."""
    return {name for _, name, _, _ in Formatter().parse(message) if name is not None}


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language)


class _Wording(Formatter):
    def __init__(self, locale: Locale, say: Say) -> None:
        self._locale, self._say = locale, say

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec:
            return _FORMATS[format_spec](self, value)
        return self._by_kind(value)

    def _by_kind(self, value: Any) -> str:
        if isinstance(value, Sentence):
            return self._say(value)
        if isinstance(value, list | tuple):
            return self.listed(value, "standard")
        return str(format_decimal(value, locale=self._locale) if isinstance(value, int | float) else value)

    def listed(self, values: Any, style: Any) -> str:
        return str(format_list([self._by_kind(one) for one in values], style=style, locale=self._locale))

    def joined(self, values: Any, between: str) -> str:
        return between.join(map(self._by_kind, values))

    def percent(self, share: float) -> str:
        return str(format_percent(share, locale=self._locale, decimal_quantization=False))

    def size(self, count: int) -> str:
        """A number of bytes in readable units: 152 kB, 1.4 MB, 2 GB."""
        amount, unit = float(count), "digital-byte"
        for larger in ("digital-kilobyte", "digital-megabyte", "digital-gigabyte"):
            if amount >= KIB:
                amount, unit = amount / KIB, larger
        return str(format_unit(round(amount, 1 if amount < 10 else 0), unit, "short", locale=self._locale))

    def moment(self, param: str) -> str:
        return shown(param, self._locale)

    def money(self, param: str) -> str:
        return money.shown(param, self._locale)


_FORMATS: Mapping[str, Callable[[_Wording, Any], str]] = {
    "or": lambda wording, values: wording.listed(values, "or"),
    "sum": lambda wording, values: wording.joined(values, " + "),
    "path": lambda wording, values: wording.joined(values, ", "),
    "text": lambda wording, values: wording.joined(values, " "),
    "percent": _Wording.percent,
    "bytes": _Wording.size,
    "moment": _Wording.moment,
    "money": _Wording.money,
    "plain": lambda _wording, value: str(value),
}
