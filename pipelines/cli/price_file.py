"""Reads a file with prices, YAML or CSV."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from pipelines.actions.billing.import_prices import PriceLine, PricesInvalid
from pipelines.domain.money import AmountInvalid, is_currency, minor_units

COLUMNS = ("from", "channel", "country", "per", "price")


def read_prices(path: Path, currency: str | None = None) -> tuple[str, list[PriceLine]]:
    """The currency and the prices. A CSV file has the columns COLUMNS, and its `currency` must be given.

    Raises PricesInvalid, with the line where there is one.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".csv":
            rows: Iterable[Mapping[str, Any]] = csv.DictReader(io.StringIO(text))
            money = currency or ""
        else:
            document = yaml.safe_load(text)
            rows, money = document["prices"], currency or str(document["currency"])
    except (UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError) as error:
        raise PricesInvalid("prices_unreadable", error=type(error).__name__) from None
    if not is_currency(money):
        raise PricesInvalid("prices_unknown_currency", currency=money)
    return money, [_line(number, row, money) for number, row in enumerate(rows, 1)]


def _line(number: int, row: Mapping[str, Any], currency: str) -> PriceLine:
    try:
        values = {name: str(row[name]).strip() for name in COLUMNS}
        return PriceLine(
            date.fromisoformat(values["from"]),
            values["channel"],
            values["country"].upper(),
            values["per"],
            minor_units(values["price"], currency),
        )
    except (KeyError, TypeError, ValueError, AmountInvalid):
        raise PricesInvalid(
            "prices_line_unreadable", n=number, columns=list(COLUMNS), currency=currency
        ) from None
