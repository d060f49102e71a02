"""The estimate of a packet's cost, and what it cost in the end."""

import pytest

from pipelines.billing.estimate import Past, estimate
from pipelines.language import say
from pipelines.reports.billing import Bill
from tests.billing.paying import paying

__all__ = ["paying"]


@pytest.mark.parametrize(
    ("held", "past", "low", "high", "reasons"),
    [
        (0, [], 100, 100, ["estimate_no_past"]),
        (5, [], 100, 110, ["estimate_held", "estimate_no_past"]),
        (0, [Past(100, 100)], 100, 100, []),
        (0, [Past(200, 180), Past(100, 95)], 90, 100, ["estimate_losses"]),
        (25, [Past(200, 180)], 90, 150, ["estimate_losses", "estimate_held"]),
        (0, [Past(10, 12)], 100, 100, []),
    ],
)
def test_the_range_and_its_reasons(held, past, low, high, reasons):
    """Fifty messages of two."""
    likely = estimate(100, 50, held, past)
    assert (likely.low_minor, likely.high_minor) == (low, high)
    assert [reason.code for reason in likely.reasons] == reasons


def bill(paying, packet):
    with paying.uow() as uow:
        return Bill.read(uow, packet)


def test_the_bill_adds_up_and_the_next_estimate_learns_from_it(paying):
    first = paying.assembled(10)
    paying.move("delivered", [1, 2, 3, 4, 5, 6], first)
    paying.move("failed", [7, 8], first)
    assert say(bill(paying, first).sentence) == "$0.20 = $0.12 spent + $0.04 reserved + $0.04 returned"
    paying.move("delivered", [9, 10], first)
    paying.change("update data_packet set state = 'settled' where id = :p", p=first)
    second = bill(paying, paying.assembled(10))
    assert (second.likely_low_minor, second.total_minor, second.likely_high_minor) == (16, 20, 20)
    assert say(second.reasons[0]).startswith("For the last 1 packet of this feed, 20% was not charged")


def test_a_packet_without_price_has_no_bill(paying, business):
    assert bill(paying, paying.packet) is None
