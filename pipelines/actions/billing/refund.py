"""Returns what was charged for a message, or a part of it."""

from uuid import UUID

from sqlalchemy import Engine

from pipelines.actions.scope import seen_by
from pipelines.billing.wallet import book
from pipelines.errors import NotFound, PacketboatError
from pipelines.language.money import priced
from pipelines.store.sqlfile import sql


class RefundRefused(PacketboatError):
    """A refund is impossible."""


def refund(
    engine: Engine, client_id: UUID | None, message_id: UUID, *, reason: str, minor: int | None = None
) -> int:
    """Refund `minor` units, by default all that is left of the charge. Returns the amount, 0 when this reason was refunded before.

    `client_id` None sees every client. Raises NotFound for a message that costs nothing, RefundRefused when more would be returned than was
    charged.
    """
    with seen_by(engine, client_id) as uow:
        # What is left is read when no other refund and no report can change it any more.
        uow.execute(sql("billing/refund_lock"), {"message_id": message_id})
        found = uow.all(sql("billing/refundable"), {"message_id": message_id})
        if not found:
            raise NotFound("no_such_charge")
        message = found[0]
        left = message.charged_minor - message.refunded_minor
        amount = left if minor is None else minor
        key = f"refund:{message_id}:{reason}"
        journal_id = book(
            uow, message.client_id, "refund", key, message.currency,
            packet_id=message.packet_id, spent_minor=-amount, messages=1, note=reason,
        )  # fmt: skip
        if journal_id is None:
            return 0
        if not 0 < amount <= left:
            raise RefundRefused("refund_too_large", left=priced(left, message.currency))
        uow.execute(
            sql("billing/add_refund"),
            {
                "message_id": message_id, "reason": reason, "client_id": message.client_id,
                "journal_id": journal_id, "amount_minor": amount,
            },
        )  # fmt: skip
        uow.commit()
    return int(amount)
