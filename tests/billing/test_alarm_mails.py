"""Alarms about credit reach the client by e-mail: once per event, in its language."""

import pytest
from sqlalchemy import text

from pipelines.actions.accounts.send_notices import send_notices
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
