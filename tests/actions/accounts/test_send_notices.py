"""E-mails about new passwords and alarms: promised with the change, sent once, kept while the provider is away, without the address afterwards."""

import pytest
from sqlalchemy import text

from pipelines.actions.accounts.send_notices import Notices, send_notices
from pipelines.settings import Settings
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import SECRETS, raw_server, sandbox

__all__ = ["raw_server", "sandbox"]

ADDRESS = "owner@example.com"


@pytest.fixture
def worker(database):
    engine = database.engine("worker")
    change(engine, "delete from outbox where kind = 'password_changed'")
    return engine


@pytest.fixture
def promise(database):
    def promise(user_id=900_001, address=ADDRESS):
        with UnitOfWork(database.engine("app"), every_client=True) as uow:
            uow.execute(sql("actions/promise_notice"), {"user_id": user_id, "address": address})
            uow.commit()

    return promise


@pytest.fixture
def send(worker, sandbox, tmp_path):
    """Send what is due with the sandbox as the provider, or with whatever answers at `url`."""

    def send(url=None):
        settings = Settings(
            _env_file=None,
            home=tmp_path,
            accounts={"mailgun_base_url": url or sandbox.url},
            connect_timeout=0.5,
            call_timeout=1.0,
        )
        return send_notices(worker, settings, SECRETS)

    return send


def change(engine, statement):
    with UnitOfWork(engine, every_client=True) as uow:
        uow.execute(text(statement))
        uow.commit()


def let_the_wait_end(engine):
    change(engine, "update outbox set next_try_at = now() where delivered_at is null")


def kept(engine):
    with UnitOfWork(engine, every_client=True) as uow:
        asked = "select client_id, payload, tries, last_error, delivered_at is not null as closed from outbox where kind = 'password_changed'"
        return uow.one(text(asked))


def test_the_owner_gets_one_short_mail_and_the_address_goes(worker, promise, send, sandbox):
    promise()
    assert send() == Notices(sent=1)
    assert send() == Notices()
    (mail,) = sandbox.journal()
    assert (mail.channel, mail.to, mail.content["subject"]) == (
        "email",
        ADDRESS,
        "Your Packetboat password was changed",
    )
    assert " UTC." in mail.content["body"]
    assert "If it was not you" in mail.content["body"]
    assert len(mail.content["body"]) < 400
    row = kept(worker)
    assert row.closed
    assert "address" not in row.payload
    assert row.last_error is None


def test_the_mail_is_in_the_language_and_on_the_clock_of_the_persons_client(
    worker, business, promise, send, sandbox
):
    with UnitOfWork(worker, every_client=True) as uow:
        uow.execute(
            text("update client set language = 'fr' where id = :client"), {"client": business.client_id}
        )
        uow.execute(
            text("insert into client_member (user_id, client_id) values (900002, :client)"),
            {"client": business.client_id},
        )
        uow.commit()
    promise(900_002)
    assert kept(worker).client_id == business.client_id
    send()
    content = sandbox.journal()[0].content
    assert content["subject"].startswith("Votre ")
    assert " HNE." in content["body"] or " HAE." in content["body"]


def test_a_provider_that_is_away_delays_the_notice(worker, promise, send, sandbox):
    promise()
    for tries in (1, 2, 3):
        assert send("http://127.0.0.1:9") == Notices(waiting=1)
        assert (kept(worker).tries, kept(worker).closed) == (tries, False)
        assert send("http://127.0.0.1:9") == Notices(), "not before its time"
        let_the_wait_end(worker)
    assert send() == Notices(sent=1)
    assert len(sandbox.journal()) == 1


def test_an_unknown_outcome_is_tried_once_more_and_no_further(worker, promise, send, raw_server):
    def read_and_hang_up(connection):
        connection.recv(65536)

    silent = raw_server(read_and_hang_up)
    promise()
    assert send(silent.url) == Notices(waiting=1)
    let_the_wait_end(worker)
    assert send(silent.url) == Notices(given_up=1)
    let_the_wait_end(worker)
    assert send(silent.url) == Notices()
    assert len(silent.connections) == 2
    row = kept(worker)
    assert row.closed
    assert row.last_error
    assert "address" not in row.payload


def test_a_refusal_is_not_repeated(worker, promise, send, sandbox):
    promise(address="no mailbox")
    assert send() == Notices(given_up=1)
    assert kept(worker).closed


def test_a_notice_that_a_dead_process_claimed_is_sent_by_another(worker, promise, send, sandbox):
    promise()
    with UnitOfWork(worker, every_client=True) as uow:
        assert uow.execute(sql("actions/claim_notice")).one().last_try is False
        uow.commit()
    assert send() == Notices(), "it is claimed for five minutes"
    let_the_wait_end(worker)
    assert send() == Notices(sent=1)


def test_several_are_sent_in_one_run(promise, send, sandbox):
    for number in range(3):
        promise(address=f"person{number}@example.com")
    assert send() == Notices(sent=3)
    assert len({mail.to for mail in sandbox.journal()}) == 3


def test_no_log_line_contains_the_address(worker, promise, send, capsys):
    promise()
    send("http://127.0.0.1:9")
    output = capsys.readouterr()
    assert "notice_not_sent" in output.out + output.err
    assert ADDRESS not in output.out + output.err
