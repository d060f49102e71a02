"""Charges a packet when it is assembled: its price, the estimate, and the reserve of its credit."""

import json
from uuid import UUID

from pipelines.billing.estimate import Past, estimate
from pipelines.billing.prices import Prices
from pipelines.billing.wallet import Bill, reserve
from pipelines.language import Sentence
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

MAX_PAST = 10  # packets of the feed that an estimate looks at


def charge_packet(
    uow: UnitOfWork, *, packet_id: UUID, client_id: UUID, feed_id: UUID, prices: Prices
) -> Sentence | None:
    """Charge the messages that were just assembled, in the same transaction. Returns why the packet has to wait, None if it need not.

    A packet that has to wait for credit is `awaiting_credit`: its messages are kept, and no lane starts. The packet is locked.
    """
    priced = uow.one(sql("billing/open_total"), {"packet_id": packet_id})
    if not priced.messages:
        return None
    packet = {"packet_id": packet_id, "client_id": client_id}
    past = uow.all(
        sql("billing/past_packets"),
        packet | {"feed_id": feed_id, "currency": prices.currency, "limit": MAX_PAST},
    )
    held = uow.scalar(sql("billing/held_rows"), packet)
    likely = estimate(
        priced.total_minor, priced.messages, held, [Past(row.total_minor, row.spent_minor) for row in past]
    )
    uow.execute(
        sql("billing/charge_packet"),
        packet
        | {
            "price_list_id": prices.list_id,
            "currency": prices.currency,
            "messages": priced.messages,
            "total_minor": priced.total_minor,
            "likely_low_minor": likely.low_minor,
            "likely_high_minor": likely.high_minor,
            "reasons": json.dumps([reason.to_json() for reason in likely.reasons]),
        },
    )
    reason = reserve(uow, Bill(packet_id, client_id, prices.currency, priced.messages, priced.total_minor))
    if reason is not None:
        uow.execute(sql("billing/hold_channels"), packet)
        uow.execute(sql("billing/await_credit"), packet | {"code": reason.code, "params": reason.json_params})
    return reason
