"""Cleaning rules: one object per file, found by scanning this folder.

A rule cleans a value in Python and, if a regular expression recognises the common shape, also in SQL (the fast path). Both must agree:
whatever the fast path decides, Python decides the same. The fast path may leave a value undecided (NULL), Python may not.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Order(StrEnum):
    """How a column writes its dates."""

    DAY_FIRST = "DMY"
    MONTH_FIRST = "MDY"


@dataclass(frozen=True, slots=True)
class Setting:
    """The settings of a packet: `region` is ISO 3166, `language` ISO 639, `time_zone` an IANA name.

    `received_at` is when the packet came, None for values of no packet. `order` is that of the column's dates, for rules that read dates;
    None if they show both orders.
    """

    region: str
    language: str
    time_zone: str
    received_at: datetime | None = None
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A usable value; None means empty. `note` names a repair beyond mere form.

    `can_text` and `country` (ISO 3166) are set for phones only.
    """

    value: str | None
    note: str | None = None
    can_text: bool | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value cannot be used: a code of the catalogues with its params, which never repeat the value.

    The param `text` has English words for a code that no catalogue has.
    """

    code: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FastPath:
    """An SQL expression over a cell that gives the clean value, or NULL for what Python has to decide.

    `parameters` are bound to `:name` in it; their names begin with the rule's code. `keeps` says that the clean value always equals the
    cell, so the two need not be compared.
    """

    sql: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    keeps: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """`code` appears in `clean_row.changes` as `field:code`.

    `clean` gets a value that is not blank. A rule without `clean` works on whole columns or rows, elsewhere in the cleaning step. `fast` gets
    the SQL of a cell, which is NULL or not empty, and returns None for a setting without a fast path. Each field names its rule.
    `reads_dates`: the values are dates or moments. The order of day and month is decided for the whole column first, and writing a value
    in another form is no change to note.
    """

    code: str
    clean: Callable[[str, Setting], Cleaned | Problem] | None = None
    fast: Callable[[str, Setting], FastPath | None] | None = None
    reads_dates: bool = False
