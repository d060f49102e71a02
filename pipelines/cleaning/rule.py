"""What a cleaning rule is: one object per file, found by scanning this folder.

A rule cleans a value in Python, and where the common shape can be told by a regular expression also in SQL (the fast path). Both must
agree: what the fast path decides, Python decides in the same way. The fast path may leave a value open (NULL), Python may not.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Setting:
    """What holds for a whole packet: `region` is ISO 3166, `language` ISO 639, `time_zone` an IANA name."""

    region: str
    language: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A usable value, or None for nothing. `note` names what was repaired beyond mere form; `can_text` is said of phones alone."""

    value: str | None
    note: str | None = None
    can_text: bool | None = None


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

    `parameters` are bound to `:name` in it; their names begin with the rule's code. `keeps` says that the value is always the cell as
    it stands: then nobody has to look whether it changed.
    """

    sql: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    keeps: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """`code` stands in `clean_row.changes` as `field:code`.

    `clean` gets a value that is not blank. A rule without `clean` looks at whole columns or rows, in a step of its own. `fast` gets the SQL
    of a cell that is not empty or is NULL; None where a setting has no fast path. The fields say which rule is theirs.
    """

    code: str
    clean: Callable[[str, Setting], Cleaned | Problem] | None = None
    fast: Callable[[str, Setting], FastPath | None] | None = None
