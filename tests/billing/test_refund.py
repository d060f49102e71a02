"""A refund returns a charge once per reason, and never more than was charged."""

from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from pipelines.actions.billing.book_payment import BookingRefused, adjust
from pipelines.actions.billing.refund import RefundRefused, refund
from pipelines.billing.proofs import differences
from pipelines.billing.wallet import book
from pipelines.errors import NotFound
from tests.billing.paying import paying

__all__ = ["paying"]


@pytest.fixture
def message(paying):
    paying.people(2)
    paying.run()
    paying.move("delivered")
    return paying.messages()[0].id


def back(paying, message, reason, minor=None):
    return refund(paying.app, paying.business.client_id, message, reason=reason, minor=minor)


def test_it_returns_the_charge_once_per_reason(paying, message):
    assert back(paying, message, "late") == 2
    assert back(paying, message, "late") == 0
    assert paying.balances() == {"paid_in": -1000, "available": 998, "spent": 2}


def test_all_refunds_together_never_exceed_the_charge(paying, message):
    assert back(paying, message, "late", 1) == 1
    with pytest.raises(RefundRefused, match=r"At most \$0\.01"):
        back(paying, message, "rude", 2)
    assert back(paying, message, "rude") == 1
    with pytest.raises(RefundRefused):
        back(paying, message, "again", 1)
    assert paying.balances() == {"paid_in": -1000, "available": 998, "spent": 2}


@pytest.mark.parametrize(
    ("before", "minor", "refused"),
    [(0, 2, False), (0, 3, True), (1, 1, False), (1, 2, True), (2, 1, True)],
)
def test_the_database_refuses_more_than_is_left_of_the_charge(paying, message, before, minor, refused):
    journal = paying.select("select id from journal limit 1")[0].id
    statement = text(
        "insert into refund (message_id, reason, client_id, journal_id, amount_minor) values (:message, 'x', :client, :journal, :minor)"
    )
    if before:
        assert back(paying, message, "late", before) == before
    values = {"message": message, "client": paying.business.client_id, "journal": journal, "minor": minor}
    with paying.uow() as uow:
        if refused:
            with pytest.raises(IntegrityError, match="more would be refunded"):
                uow.execute(statement, values)
        else:
            uow.execute(statement, values)


def test_a_message_that_was_not_charged_cannot_be_refunded(paying, message):
    other = paying.assembled(1)
    (waiting,) = paying.select("select id from message where packet_id = :p", p=other)
    with pytest.raises(RefundRefused):
        back(paying, waiting.id, "late")


def test_another_clients_message_is_not_there(paying, message, business):
    with pytest.raises(NotFound):
        refund(paying.app, business.client_id, message, reason="late")


def test_a_refunded_message_that_fails_later_is_not_given_back_twice(paying, message):
    back(paying, message, "late", 1)
    paying.move("failed", [1])
    assert paying.balances() == {"paid_in": -1000, "available": 998, "spent": 2}
    with paying.uow() as uow:
        assert differences(uow) == []


def test_a_correction_never_takes_what_is_not_free(paying):
    paying.people(2)
    paying.run()
    client = paying.business.client_id
    assert adjust(paying.app, client_id=client, minor=-996, currency="USD", key="a", note="test")
    with pytest.raises(BookingRefused):
        adjust(paying.app, client_id=client, minor=-1, currency="USD", key="b", note="test")
    assert paying.balances() == {"paid_in": -4, "reserved": 4}


def test_refunds_at_the_same_moment_return_the_charge_once_and_say_why_not(paying, message):
    def try_to(reason):
        try:
            return back(paying, message, reason)
        except RefundRefused as refused:
            return refused.code

    with ThreadPoolExecutor(4) as threads:
        outcomes = list(threads.map(try_to, "abcd"))
    assert sorted(map(str, outcomes)) == ["2", *["refund_too_large"] * 3]


def test_refunds_that_come_between_again_and_again_are_no_fault(paying, message, monkeypatch):
    """Whenever this refund has read what is left, another one begins. It waits, or has been counted."""
    others = iter(("b", "c"))
    with ThreadPoolExecutor(2) as threads:

        def book_late(uow, *journal, **facts):
            if facts["note"] == "a" and (other := next(others, None)):
                wait([threads.submit(back, paying, message, other, 1)], timeout=1)
            return book(uow, *journal, **facts)

        monkeypatch.setattr("pipelines.actions.billing.refund.book", book_late)
        assert back(paying, message, "a") == 2
    assert paying.balances() == {"paid_in": -1000, "available": 998, "spent": 2}
