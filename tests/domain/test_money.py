"""Amounts in whole units of each currency."""

from decimal import Decimal

import pytest

from pipelines.domain.money import amount


@pytest.mark.parametrize(
    ("minor", "currency", "whole"),
    [
        (12345, "USD", "123.45"),
        (-5, "EUR", "-0.05"),
        (12345, "XOF", "12345"),
        (12345, "UGX", "12345"),
        (12345, "RWF", "12345"),
        (12345, "JPY", "12345"),
        (12345, "VND", "12345"),
        (12345, "KWD", "12.345"),
        (10**18 + 1, "USD", "10000000000000000.01"),
    ],
)
def test_an_amount_in_whole_units(minor, currency, whole):
    assert amount(minor, currency) == Decimal(whole)
    assert str(amount(minor, currency)) == whole
