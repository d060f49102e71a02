"""Amounts of money. They are stored in the smallest unit of the currency, which is not always a hundredth."""

import re
from decimal import Decimal
from functools import cache

from babel.core import get_global
from babel.numbers import get_currency_precision, get_territory_currencies

_PLAIN = re.compile(r"-?[0-9]+(?:\.([0-9]+))?")
_MAX_MINOR = 10**15  # far below the limit of a bigint, so that sums have room


class AmountInvalid(ValueError):
    """Not an amount of this currency."""


class AmountTooLarge(AmountInvalid):
    """More than is ever booked at once."""


def is_currency(code: str) -> bool:
    """Whether it is the code of a currency (ISO 4217) that is legal tender somewhere."""
    return code in _currencies()


@cache
def _currencies() -> frozenset[str]:
    """Without those of the past, metals, and the codes for tests (XTS) and for none (XXX)."""
    territories = get_global("territory_currencies")
    return frozenset(code for territory in territories for code in get_territory_currencies(territory))


def amount(minor: int, currency: str) -> Decimal:
    """Convert `minor` units of `currency` (ISO 4217) to whole units, with the currency's number of decimals.

    12345 becomes 123.45 USD, 12.345 KWD or 12345 XOF (Unicode CLDR, supplemental currency data).
    """
    return Decimal(minor).scaleb(-int(get_currency_precision(currency)))


def minor_units(whole: str, currency: str) -> int:
    """The reverse of `amount`. Raises AmountInvalid for what is no plain decimal number, has more decimals than the currency, or is too large."""
    written = _PLAIN.fullmatch(whole)
    decimals = int(get_currency_precision(currency))
    if written is None or len((written[1] or "").rstrip("0")) > decimals:
        raise AmountInvalid(whole)
    minor = Decimal(whole).scaleb(decimals)
    if abs(minor) > _MAX_MINOR:
        raise AmountTooLarge(whole)
    return int(minor)
