"""Amounts of money as params of sentences: minor units and currency (ISO 4217), such as "12345 USD"."""

from decimal import Decimal

from babel import Locale
from babel.numbers import format_currency, get_currency_precision, get_currency_symbol


def priced(minor: int, currency: str) -> str:
    """The param for an amount in the smallest unit of its currency."""
    return f"{minor} {currency}"


def shown(param: str, locale: Locale) -> str:
    """The amount of a param in whole units, in the style of the locale: $123.45, UGX 12,345. Raises ValueError for another format."""
    minor, currency = param.split()
    amount = Decimal(minor).scaleb(-int(get_currency_precision(currency)))
    pattern = locale.currency_formats["standard"].pattern
    if get_currency_symbol(currency, locale=locale)[-1].isalpha():
        # CLDR's currencySpacing, which Babel leaves out: https://unicode.org/reports/tr35/tr35-numbers.html#Currencies
        pattern = pattern.replace("¤#", "¤\u00a0#")
    return str(format_currency(amount, currency, pattern, locale=locale))
