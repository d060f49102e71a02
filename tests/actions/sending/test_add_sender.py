"""Senders are rows: one active per channel, checked when they are added, required before a packet is accepted."""

import io
from contextlib import closing
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from pipelines.actions.accounts.create_client import create_client
from pipelines.actions.packets.accept_packet import Submission, SubmissionRefused, accept_packet
from pipelines.actions.sending.add_sender import SenderInvalid, add_sender
from pipelines.domain.sending import Outgoing, Verdict
from pipelines.errors import NotFound
from pipelines.providers.carriers.mailgun import Mailgun
from pipelines.settings import Settings
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_packet
from tests.fixtures_sandbox import SECRETS, sandbox

__all__ = ["sandbox"]

FILE = b"first_name,phone,appointment date\nAda,+12125550123,2030-01-02\n"


@pytest.fixture
def app(database):
    return database.engine("app")


@pytest.fixture
def add(app, business):
    def add(channel="sms", provider="twilio", address="+15005550006", client_id=business.client_id, **more):
        return add_sender(
            app, client_id=client_id, channel=channel, provider=provider, address=address, **more
        )

    return add


@pytest.fixture
def senders(app):
    def senders(client_id):
        with UnitOfWork(app, client_id) as uow:
            rows = uow.all(
                text("select channel, provider, address, state from sender order by created_at, channel")
            )
        return [tuple(row) for row in rows]

    return senders


def test_a_new_client_has_the_sandboxs_senders(app, senders):
    client_id = create_client(app, Settings(_env_file=None), slug=f"new-{uuid4().hex[:8]}", name="New")
    assert set(senders(client_id)) >= {
        ("email", "mailgun", "reminders@packetboat.example", "active"),
        ("sms", "twilio", "+15005550006", "active"),
    }


def test_a_new_client_has_no_sender_at_a_real_service(app, senders):
    real = Settings(_env_file=None, accounts={"twilio_base_url": "https://api.twilio.com"})
    client_id = create_client(app, real, slug=f"new-{uuid4().hex[:8]}", name="New")
    providers = {sender[1] for sender in senders(client_id)}
    assert "mailgun" in providers
    assert "twilio" not in providers


def test_a_channel_that_waits_for_the_limit_of_one_sender_goes_on_with_the_new_one(add, app, business):
    packet = make_packet(app, business)
    wait = {"packet": packet, "client": business.client_id}
    with UnitOfWork(app, business.client_id) as uow:
        for channel, code in (("sms", "limit_reached"), ("email", "limit_reached"), ("voice", "due_later")):
            uow.execute(
                text(
                    "insert into channel_wait (packet_id, channel, client_id, code, until)"
                    " values (:packet, :channel, :client, :code, now() + interval '6 hours')"
                ),
                wait | {"channel": channel, "code": code},
            )
        uow.commit()
    add()
    with UnitOfWork(app, business.client_id) as uow:
        left = uow.all(text("select channel from channel_wait where packet_id = :packet"), wait)
    assert {row.channel for row in left} == {"email", "voice"}


def test_a_sender_that_is_added_takes_the_place_of_the_active_one(add, senders, business):
    first = add()
    second = add(address="+442071838750")
    assert second != first
    assert [row for row in senders(business.client_id) if row[0] == "sms"] == [
        ("sms", "twilio", "+15005550006", "paused"),
        ("sms", "twilio", "+442071838750", "active"),
    ]
    assert add() == first, "it is there already, and becomes active again"
    assert ("sms", "twilio", "+15005550006", "active") in senders(business.client_id)


def places(app, client_id):
    """The active senders of SMS, with their places."""
    with UnitOfWork(app, client_id) as uow:
        rows = uow.all(
            text(
                "select address, priority from sender where channel = 'sms' and state = 'active' order by priority"
            )
        )
    return [tuple(row) for row in rows]


def test_fall_backs_come_after_the_first_and_stay_when_another_becomes_first(app, add, business):
    add(address="12345", fallback=True)
    add(address="Harbour", fallback=True)
    assert places(app, business.client_id) == [("+15005550006", 1), ("12345", 2), ("Harbour", 3)]
    add(address="12345", fallback=True)
    assert places(app, business.client_id)[1] == ("12345", 2), "it has its place already"
    add(address="54321")
    assert places(app, business.client_id) == [("54321", 1), ("12345", 2), ("Harbour", 3)]
    add(address="12345")
    assert places(app, business.client_id) == [("12345", 1), ("Harbour", 3)], "the fall-back became the first"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"channel": "pigeon"}, "There is no channel pigeon. The channels are .*sms"),
        ({"provider": "mailgun"}, "mailgun does not carry sms. It is carried by .*twilio"),
        ({"provider": "vonage"}, "vonage does not carry sms"),
        ({"address": "reminders@example.com"}, "it must be a number such as"),
        ({"address": "+15005550006\nBcc"}, "it must be a number such as"),
        ({"channel": "email", "provider": "mailgun"}, "it must be an address such as"),
        (
            {"channel": "email", "provider": "mailgun", "address": "a@b.example, c@d.example"},
            "it must be an address",
        ),
        ({"channel": "email", "provider": "mailgun", "address": "a,b@c.example"}, "it must be an address"),
        (
            {"channel": "email", "provider": "mailgun", "address": "Shop\x1b[31m <a@b.example>"},
            "it must be an address",
        ),
        ({"channel": "email", "provider": "mailgun", "address": "  <a@b.example>"}, "it must be an address"),
        ({"address": "+1５００５５５０００６"}, "it must be a number such as"),  # noqa: RUF001 - full-width digits
        ({"address": "１２３４５"}, "it must be a number such as"),  # noqa: RUF001
    ],
)
def test_an_unusable_sender_is_not_added(add, wrong, says):
    with pytest.raises(SenderInvalid, match=says):
        add(**wrong)


@pytest.mark.parametrize("address", ["12345", "MG" + "a" * 32, "Harbour"])
def test_the_forms_that_twilio_sends_from(add, address):
    add(address=address)


@pytest.mark.parametrize(
    ("typed", "sent_as"),
    [
        ("Harbour Clinic <hello@clinic.example>", "Harbour Clinic <hello@clinic.example>"),
        ("Clínica Ñandú & Co <hello@clinic.example>", "Clínica Ñandú & Co <hello@clinic.example>"),
        ("Harbour Clinic, Inc. <hello@clinic.example>", '"Harbour Clinic, Inc." <hello@clinic.example>'),
        ('"Harbour Clinic, Inc." <hello@clinic.example>', '"Harbour Clinic, Inc." <hello@clinic.example>'),
        (r'Dr. "Doc" \ Lee <hello@clinic.example>', r'"Dr. \"Doc\" \\ Lee" <hello@clinic.example>'),
    ],
)
def test_a_name_has_quotes_where_the_provider_needs_them(add, senders, business, typed, sent_as):
    assert add("email", "mailgun", typed).address == sent_as
    assert ("email", "mailgun", sent_as, "active") in senders(business.client_id)


def test_the_sandbox_sends_from_a_name_in_quotes_and_from_no_other(add, sandbox):
    sender = add("email", "mailgun", "Harbour Clinic, Inc. <hello@clinic.example>").address
    carrier = Mailgun.configured(Settings(_env_file=None, sandbox_port=urlsplit(sandbox.url).port), SECRETS)
    person = Outgoing(uuid4(), "ann@example.com", "Hello", "Greetings")
    with closing(carrier):
        answers = [
            carrier.send([person], channel="email", sender=address, callback_url=None)
            for address in (sender, sender.replace('"', ""))
        ]
    assert [answer.verdict for answer in answers] == [Verdict.ACCEPTED, Verdict.SENDER_REFUSED]


def test_a_client_that_is_not_there_gets_none(add):
    with pytest.raises(NotFound):
        add(client_id=uuid4())


def test_the_database_itself_lets_no_two_senders_be_first(app, business):
    with UnitOfWork(app, business.client_id) as uow, pytest.raises(IntegrityError, match="sender_active_key"):
        uow.execute(
            text(
                "insert into sender (client_id, channel, provider, address) values (:id, 'sms', 'twilio', 'x')"
            ),
            {"id": business.client_id},
        )


def test_another_clients_senders_are_not_visible(app, business, senders):
    other = create_client(app, Settings(_env_file=None), slug=f"new-{uuid4().hex[:8]}", name="New")
    assert senders(business.client_id)
    with UnitOfWork(app, other) as uow:
        assert {row.client_id for row in uow.all(text("select client_id from sender"))} == {other}


def test_a_packet_is_refused_before_it_is_taken_in_when_a_channel_has_no_sender(app, business, tmp_path):
    with UnitOfWork(app, business.client_id) as uow:
        uow.execute(text("update sender set state = 'paused' where channel = 'email'"))
        uow.commit()
    submission = Submission(business.client_id, business.campaign_id, "people.csv", "cli", "test")
    chosen = Settings(_env_file=None, home=tmp_path)
    with pytest.raises(SubmissionRefused, match="no active sender for e-mail") as refused:
        accept_packet(app, chosen, submission, io.BytesIO(FILE))
    command = f"`packetboat sender add ADDRESS --client {business.slug} --channel email`"
    assert command in str(refused.value)
    assert (refused.value.code, refused.value.packet_id) == ("no_sender", None)
    with UnitOfWork(app, business.client_id) as uow:
        assert uow.scalar(text("select count(*) from data_packet")) == 0
    assert not (tmp_path / "files").exists()
