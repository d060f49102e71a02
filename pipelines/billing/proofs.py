"""The laws of the ledger, checked against the tables (docs/protocols.md#ledger)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

# Each is a statement in sql/billing/proofs that returns a row for each difference. That the providers' lists agree with ours is proven in
# pipelines/actions/billing/compare_lists.py: it has to ask them.
PROOFS = ("entries_cancel_out", "journals", "balances", "reserved", "spent")


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a law does not hold: what was expected and what is there, in minor units."""

    proof: str
    client_id: UUID
    currency: str
    expected: int
    actual: int


def differences(uow: UnitOfWork) -> list[Difference]:
    """All differences of the clients that this transaction sees; empty when every law holds."""
    return [
        Difference(proof, row.client_id, row.currency, row.expected, row.actual)
        for proof in PROOFS
        for row in uow.all(sql(f"billing/proofs/{proof}"))
    ]


def packet_differences(uow: UnitOfWork, packet_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """The laws that do not hold for the money of these packets: packet_id and the columns of `Difference`."""
    return uow.all(sql("billing/proofs/packets"), {"packet_ids": list(packet_ids)})
