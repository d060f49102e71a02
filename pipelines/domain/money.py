"""Money is kept in the smallest unit of its currency, which is not a hundredth everywhere."""

from decimal import Decimal

from babel.numbers import get_currency_precision


def amount(minor: int, currency: str) -> Decimal:
    """What `minor` units of `currency` (ISO 4217) are in whole ones, with as many decimals as the currency has.

    12345 of USD are 123.45, of KWD 12.345, of XOF 12345 (Unicode CLDR, supplemental currency data).
    """
    return Decimal(minor).scaleb(-int(get_currency_precision(currency)))
