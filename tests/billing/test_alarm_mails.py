"""Alarms about credit reach the client by e-mail: once per event, in its language."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines.actions.accounts.send_notices import send_notices
from pipelines.actions.billing.book_payment import adjust
from pipelines.actions.billing.watch_credit import watch_credit
from pipelines.actions.set_alarms import set_alarms
from pipelines.errors import SettingsError
from pipelines.settings import Settings
from tests.billing.paying import Paying
from tests.fixtures_sandbox import SECRETS, sandbox

__all__ = ["sandbox"]

ADDRESS = "owner@clinic.example"


@pytest.fixture
def poor(database, tmp_path):
    paying = Paying(database, tmp_path, credit=100)
    paying.assembled(31)
    return paying


@pytest.fixture
def mails(sandbox, tmp_path):
    """Let the minute pass; returns subject and body of the e-mails that the address has got so far."""

    def mails(paying):
        with paying.uow() as uow:
            uow.execute(text("delete from outbox where kind = 'password_changed'"))
            uow.commit()
        watch_credit(paying.engine)
        home = Settings(_env_file=None, home=tmp_path, accounts={"mailgun_base_url": sandbox.url})
        send_notices(paying.engine, home, SECRETS)
        return [
            (mail.content["subject"], mail.content["body"])
            for mail in sandbox.journal()
            if mail.to == ADDRESS
        ]

    return mails


def tell(paying, **more):
    return set_alarms(paying.app, paying.business.client_id, address=ADDRESS, **more)


def test_low_credit_is_sent_once_and_again_after_the_next_payment(poor, mails):
    tell(poor, credit_percent=50)
    first = mails(poor)
    assert {subject.split(": ")[1] for subject, _ in first} == {
        "credit for messages is low",
        "there is probably not enough credit for the next packet",
    }
    assert "Credit is low: $0.38 of the last payment of $1.00 is left." in first[0][1] + first[1][1]
    assert mails(poor) == first
    poor.assembled(1)
    assert mails(poor) == first, "the amounts are others, but it is the same event"
    poor.pay(100)
    assert mails(poor) == first
    poor.assembled(45)
    assert len(mails(poor)) == 4


def test_each_currency_has_a_mail_of_its_own(poor, mails):
    tell(poor, credit_percent=50)
    first = mails(poor)
    poor.pay(100, currency="EUR")
    correct(poor, -60, "EUR")
    assert "€0.40" in mails(poor)[len(first)][1]
    assert len(mails(poor)) == len(first) + 1


def test_credit_that_was_given_by_hand_and_is_used_up_is_told_each_time(database, tmp_path, mails):
    given = Paying(database, tmp_path, credit=0)
    tell(given)
    correct(given, 100)
    given.assembled(40)
    assert len(mails(given)) == 1
    correct(given, 100)
    assert len(mails(given)) == 1, "the next packet fits"
    given.assembled(40)
    assert len(mails(given)) == 2


def test_a_client_that_never_paid_is_told_again_in_another_month(database, tmp_path, mails):
    new = Paying(database, tmp_path, credit=0)
    tell(new)
    new.assembled(40)
    assert len(mails(new)) == 1
    assert len(mails(new)) == 1
    new.change(
        "update outbox set unique_key = replace(unique_key, to_char(now(), 'YYYY-MM'), '2020-01') where client_id = :client",
        client=new.business.client_id,
    )
    new.change("delete from client_alarm where client_id = :client", client=new.business.client_id)
    assert len(mails(new)) == 2


def correct(paying, minor, currency="USD"):
    adjust(
        paying.app,
        client_id=paying.business.client_id,
        minor=minor,
        currency=currency,
        key=uuid4().hex,
        note="test",
    )


def test_an_alarm_that_comes_and_goes_without_a_payment_is_not_sent_again(poor, mails):
    tell(poor, credit_percent=50)
    first = mails(poor)
    tell(poor, credit_percent=0)
    assert mails(poor) == first
    tell(poor, credit_percent=50)
    assert mails(poor) == first


def test_a_mail_is_in_the_language_of_the_client_and_leaves_no_address(poor, mails):
    poor.change("update client set language = 'fr' where id = :client", client=poor.business.client_id)
    tell(poor, credit_percent=50)
    assert any("le crédit pour les messages s’épuise" in subject for subject, _ in mails(poor))
    kept = poor.select(
        "select payload from outbox where kind = 'client_alarm' and client_id = :client",
        client=poor.business.client_id,
    )
    assert kept
    assert not any(ADDRESS in str(row.payload) for row in kept)


def test_without_an_address_nobody_is_told(poor, mails):
    assert mails(poor) == []
    assert tell(poor).alarm_address == ADDRESS
    assert set_alarms(poor.app, poor.business.client_id, address="").alarm_address is None


def test_what_is_no_address_is_refused(poor):
    with pytest.raises(SettingsError) as refused:
        set_alarms(poor.app, poor.business.client_id, address="the owner")
    assert refused.value.code == "alarm_address_wrong"
