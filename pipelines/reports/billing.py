"""What packets cost, what clients have paid, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Row

from pipelines.language import Sentence
from pipelines.language.money import priced
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

# The codes of client_alarm.
ALARMS = (
    "ledger_difference",
    "list_difference",
    "credit_low",
    "credit_short",
    "complaints_high",
    "complaints_stop",
)


@dataclass(frozen=True)
class Bill:
    """The bill of a packet, in minor units of `currency`.

    `total_minor` is what its messages cost if all are sent, `likely_low_minor` to `likely_high_minor` what was expected at assembly for the
    `reasons`. `spent_minor` is what has been charged so far, less refunds, and `reserved_minor` what is kept for what may still go out.
    `returned_minor` is what the ledger gave back, or never reserved. `differs`: a recount of the messages gave something else.
    """

    currency: str
    state: str
    messages: int
    total_minor: int
    missing_minor: int
    likely_low_minor: int
    likely_high_minor: int
    reasons: list[Sentence]
    price_list_version: int | None
    reserved_minor: int
    spent_minor: int
    refunded_minor: int
    returned_minor: int
    differs: bool

    @classmethod
    def read(cls, uow: UnitOfWork, packet_id: UUID) -> Self | None:
        """The bill; None if the packet costs nothing, or is not assembled."""
        row = uow.execute(sql("reports/billing/bill"), {"packet_id": packet_id}).mappings().one_or_none()
        if row is None:
            return None
        reasons = [Sentence.from_json(one["code"], one["params"]) for one in row["reasons"]]
        return cls(**{**row, "reasons": reasons})

    @property
    def adds_up(self) -> bool:
        """Whether the law of the money holds, and the ledger has what the messages of the packet give."""
        return self.is_balanced and self.recount is None

    @property
    def is_balanced(self) -> bool:
        """Whether what the packet costs was spent, is reserved or was returned."""
        parts = self.spent_minor + self.reserved_minor + self.returned_minor
        return self.waiting or parts == self.total_minor

    @property
    def waiting(self) -> bool:
        """Whether it waits for credit: nothing is reserved, and nothing is sent."""
        return self.state == "waiting"

    @property
    def sentence(self) -> Sentence:
        """The law of the money (B6): what the packet costs = spent + reserved + returned; or that it does not hold."""
        if self.waiting:
            return Sentence(
                "bill_waits",
                {"total": self._money(self.total_minor), "missing": self._money(self.missing_minor)},
            )
        parts = [
            Sentence("money_spent", {"amount": self._money(self.spent_minor)}),
            Sentence("money_reserved", {"amount": self._money(self.reserved_minor)}),
            Sentence("money_returned", {"amount": self._money(self.returned_minor)}),
        ]
        return Sentence(
            "money_adds_up" if self.is_balanced else "money_contradicts",
            {"total": self._money(self.total_minor), "parts": parts},
        )

    @property
    def recount(self) -> Sentence | None:
        """That a recount of its messages gave something else, although the parts may add up."""
        return Sentence("bill_recount") if self.differs and not self.waiting else None

    @property
    def expected(self) -> Sentence:
        """What was expected when it was assembled."""
        return Sentence(
            "bill_expected",
            {
                "total": self._money(self.total_minor),
                "low": self._money(self.likely_low_minor),
                "high": self._money(self.likely_high_minor),
            },
        )

    def _money(self, minor: int) -> str:
        return priced(minor, self.currency)


@dataclass(frozen=True)
class Forwards:
    """What forwarding `replies` of a packet cost, in minor units of `currency`. It is not part of the packet's bill, and a free packet has it too."""

    currency: str
    spent_minor: int
    replies: int

    @classmethod
    def read(cls, uow: UnitOfWork, packet_id: UUID) -> list[Self]:
        """One for each currency; none if nothing was charged for."""
        rows = uow.execute(sql("reports/billing/forwards"), {"packet_id": packet_id}).mappings()
        return [cls(**row) for row in rows]

    @property
    def sentence(self) -> Sentence:
        """How many were forwarded for how much."""
        amount = priced(self.spent_minor, self.currency)
        return Sentence("bill_forwards", {"n": self.replies, "amount": amount})


def balances(uow: UnitOfWork, client_id: UUID) -> Sequence[Row[Any]]:
    """Paid in, owed, spent, reserved and available of a client, per currency."""
    return uow.all(sql("reports/billing/balances"), {"client_id": client_id})


def alarms(uow: UnitOfWork, client_id: UUID | None = None) -> list[tuple[str, Sentence]]:
    """What somebody has to know about a client, or about all (its money, complaints): the client's short name and a sentence."""
    rows = uow.all(sql("reports/billing/alarms"), {"client_id": client_id})
    return [(row.client, Sentence(f"alarm_{row.code}", row.params)) for row in rows]


def journals(
    uow: UnitOfWork, client_id: UUID, *, packet_id: UUID | None = None, limit: int = 50
) -> Sequence[Row[Any]]:
    """The latest movements of a client's money, or those of one packet."""
    return uow.all(
        sql("reports/billing/journals"), {"client_id": client_id, "packet_id": packet_id, "limit": limit}
    )


def price_lists(uow: UnitOfWork) -> Sequence[Row[Any]]:
    """The newest version of each price list; `client` is None for the platform's."""
    return uow.all(sql("reports/billing/price_lists"))


def prices(uow: UnitOfWork, client_id: UUID | None) -> Sequence[Row[Any]]:
    """The prices of a client's own list, or of the platform's (None)."""
    return uow.all(sql("reports/billing/prices"), {"client_id": client_id})
