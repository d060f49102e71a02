"""Alarms when credit runs low, and when the next packet will not fit."""

from pipelines.actions.billing.watch_credit import watch_credit
from pipelines.language import say
from pipelines.reports.billing import alarms
from tests.billing.paying import Paying, paying

__all__ = ["paying"]


def warnings(paying):
    watch_credit(paying.engine)
    with paying.uow() as uow:
        return [say(sentence) for _, sentence in alarms(uow, paying.business.client_id)]


def test_credit_runs_low_and_a_payment_ends_the_alarm(database, tmp_path):
    paying = Paying(database, tmp_path, credit=100)
    paying.assembled(10)
    assert warnings(paying) == []
    paying.assembled(31)
    assert warnings(paying) == [
        "Credit is low: $0.18 of the last payment of $1.00 is left.",
        "There is probably not enough credit for the next packet: $0.18 is free, and the last packet cost $0.62.",
    ]
    assert watch_credit(paying.engine) == 0
    paying.pay(90)
    assert warnings(paying) == []


def test_an_alarm_keeps_its_time_and_gets_the_present_amounts(database, tmp_path):
    paying = Paying(database, tmp_path, credit=100)
    paying.assembled(45)
    assert watch_credit(paying.engine) >= 1
    raised = "select raised_at from client_alarm where code = 'credit_low'"
    before = paying.select(raised)
    paying.assembled(2)
    assert watch_credit(paying.engine) == 0
    assert "Credit is low: $0.06 of the last payment of $1.00 is left." in warnings(paying)
    assert paying.select(raised) == before


def test_the_share_is_the_clients_own(database, tmp_path):
    paying = Paying(database, tmp_path, credit=100)
    paying.assembled(10)
    paying.change(
        "update client set credit_alarm_percent = 90 where id = :client", client=paying.business.client_id
    )
    assert warnings(paying) == ["Credit is low: $0.80 of the last payment of $1.00 is left."]


def test_each_currency_has_an_alarm_of_its_own_that_stays(paying):
    paying.change(
        "update client set credit_alarm_percent = 100 where id = :client", client=paying.business.client_id
    )
    paying.pay(50_000, currency="EUR")
    paying.change(
        "insert into journal (client_id, unique_key, kind, currency, paid_minor) values"
        " (:client, gen_random_uuid(), 'adjust', 'EUR', -40000), (:client, gen_random_uuid(), 'adjust', 'USD', -1)",
        client=paying.business.client_id,
    )
    low = {
        "Credit is low: $9.99 of the last payment of $10.00 is left.",
        "Credit is low: €100.00 of the last payment of €500.00 is left.",
    }
    assert set(warnings(paying)) == low
    assert set(warnings(paying)) == low
    paying.pay(50_000, currency="EUR")
    assert warnings(paying) == ["Credit is low: $9.99 of the last payment of $10.00 is left."]
