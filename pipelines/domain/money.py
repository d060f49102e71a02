"""Amounts of money. They are stored in the smallest unit of the currency, which is not always a hundredth."""

from decimal import Decimal, InvalidOperation

from babel import Locale
from babel.numbers import get_currency_precision


class AmountInvalid(ValueError):
    """Not an amount of this currency."""


def is_currency(code: str) -> bool:
    """Whether it is the code of a currency (ISO 4217)."""
    return code in Locale("en").currencies


def amount(minor: int, currency: str) -> Decimal:
    """Convert `minor` units of `currency` (ISO 4217) to whole units, with the currency's number of decimals.

    12345 becomes 123.45 USD, 12.345 KWD or 12345 XOF (Unicode CLDR, supplemental currency data).
    """
    return Decimal(minor).scaleb(-int(get_currency_precision(currency)))


def minor_units(whole: str, currency: str) -> int:
    """The reverse of `amount`. Raises AmountInvalid for what is no number, or has more decimals than the currency."""
    try:
        minor = Decimal(whole).scaleb(int(get_currency_precision(currency)))
    except InvalidOperation:
        raise AmountInvalid(whole) from None
    if not minor.is_finite() or minor != minor.to_integral_value():
        raise AmountInvalid(whole)
    return int(minor)
