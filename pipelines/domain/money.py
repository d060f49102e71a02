"""Amounts of money. They are stored in the smallest unit of the currency, which is not always a hundredth."""

from decimal import Decimal

from babel.numbers import get_currency_precision


def amount(minor: int, currency: str) -> Decimal:
    """Convert `minor` units of `currency` (ISO 4217) to whole units, with the currency's number of decimals.

    12345 becomes 123.45 USD, 12.345 KWD or 12345 XOF (Unicode CLDR, supplemental currency data).
    """
    return Decimal(minor).scaleb(-int(get_currency_precision(currency)))
