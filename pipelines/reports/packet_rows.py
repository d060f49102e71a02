"""What became of a packet's rows: the sum that always holds (B6), and why rows are held."""

from dataclasses import dataclass
from typing import Self

from sqlalchemy import RowMapping

from pipelines.language import Sentence


@dataclass(frozen=True)
class Part:
    """One term in the sum of a packet's rows: `name` is an outcome, `words` is the phrase for this number of rows."""

    name: str
    rows: int
    words: Sentence


@dataclass(frozen=True)
class Balance:
    """The conservation law of a packet (B6): `rows_in` is the sum of the parts at all times."""

    rows_in: int
    parts: list[Part]
    final: bool

    @property
    def sentence(self) -> Sentence:
        """The law in words: 10 rows = 9 sent + 1 held."""
        parts = [
            Sentence("rows_with_outcome", {"n": part.rows, "outcome": part.words}) for part in self.parts
        ]
        return Sentence("rows_add_up", {"n": self.rows_in, "parts": parts})

    def rows(self, name: str) -> int:
        return next((part.rows for part in self.parts if part.name == name), 0)


@dataclass(frozen=True)
class Reason:
    """Rows that are held for the same reason. `code` is that of the rows; `sentence` may be one about several rows."""

    code: str
    column_name: str | None
    sentence: Sentence
    rows: int

    @classmethod
    def of(cls, row: RowMapping) -> Self:
        """From a row of sql/reports/packet/held_reasons."""
        sentence = Sentence.from_json(row["code"], row["params"])
        if row["various"] and row["code"] == "duplicate":
            sentence = Sentence("duplicates")
        return cls(row["code"], row["column_name"], sentence, row["rows"])
