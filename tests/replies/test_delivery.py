"""What follows a reply: one answer at most, and the forwarding to the client within its limits, over real HTTP."""

import hashlib
import hmac
import json
from uuid import uuid4

import pytest

from pipelines.actions.packets.hold import begin_hold, release_hold
from pipelines.actions.people.deliver_replies import deliver_replies
from pipelines.actions.people.forward import webhook_key
from pipelines.actions.people.promise_answers import ANSWER, FORWARD
from pipelines.actions.people.reply_settings import Wanted, set_reply_settings
from pipelines.errors import SettingsError
from pipelines.replies.marks import message_id
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import SECRETS
from tests.replies.test_matching import own_sender, reply
from tests.replying import wrote
from tests.sending import boat_for

KEYS = SECRETS | {"reply_webhook_key": "only-for-tests"}


@pytest.fixture
def boat(database, business, tmp_path, sandbox):
    made = boat_for(database.engine("worker"), business, tmp_path, sandbox.url, webhooks_to_this_machine=True)
    deliver(made)  # what other tests have promised
    return made


@pytest.fixture
def person():
    return f"+1212{uuid4().int % 10_000_000:07d}"


def deliver(boat):
    return deliver_replies(boat.worker, boat.settings, KEYS)


def to(boat, **wanted):
    return set_reply_settings(boat.worker, boat.settings, boat.business.client_id, Wanted(**wanted))


def texts(sandbox, address):
    return [message.content["body"] for message in sandbox.journal() if message.to == address]


def due_again(boat):
    boat.change("update outbox set next_try_at = now() where delivered_at is null")


def test_help_is_answered_once_with_the_clients_name_and_contact(boat, sandbox, person):
    to(boat, contact="+1 212 555 0100")
    wrote(boat, [person])
    assert reply(boat, "HELP", person).answered
    assert not reply(boat, "help!", person).answered
    deliver(boat)
    deliver(boat)
    (text,) = texts(sandbox, person)
    assert boat.business.slug in text
    assert "+1 212 555 0100" in text


def test_stop_is_confirmed_by_the_provider_on_a_long_code(boat, sandbox, person):
    wrote(boat, [person])
    assert not reply(boat, "STOP", person).answered
    assert deliver(boat) == 0


def test_stop_is_confirmed_by_us_on_a_short_code_once(boat, sandbox, person):
    own_sender(boat, code := str(uuid4().int % 90_000 + 10_000))
    wrote(boat, [person])
    reply(boat, "STOP", person, code)
    reply(boat, "stop", person, code)
    deliver(boat)
    (text,) = texts(sandbox, person)
    assert "no more messages" in text
    assert sandbox.journal()[-1].sender == code


def test_an_answer_with_an_unknown_outcome_is_not_repeated(boat, sandbox, person):
    wrote(boat, [person])
    reply(boat, "HELP", person)
    sandbox.faults({"action": "lost_answer"})
    assert deliver(boat) == 0
    sandbox.faults()
    due_again(boat)
    assert deliver(boat) == 0
    assert len(texts(sandbox, person)) == 1


CLAIM = sql("replies/claim")


def killed_while_delivering(boat, kind):
    """Claim a promise of this kind, as a process that is killed before it records the outcome."""
    with UnitOfWork(boat.worker, every_client=True) as uow:
        assert uow.execute(CLAIM, {"kind": kind}).one_or_none()
        uow.commit()
    due_again(boat)


def promises(boat):
    return boat.rows(
        "select delivered_at is not null as closed, last_error from outbox where kind like 'reply%'"
    )


def test_an_answer_of_a_killed_process_is_not_repeated(boat, sandbox, person):
    wrote(boat, [person])
    reply(boat, "HELP", person)
    killed_while_delivering(boat, ANSWER)
    assert deliver(boat) == 0
    assert promises(boat) == [(True, "no_outcome")]
    assert texts(sandbox, person) == []


@pytest.mark.parametrize(("way", "destination"), [("email", "owner@example.com"), ("sms", "+12125550100")])
def test_a_forward_of_a_killed_process_is_not_repeated(boat, sandbox, person, way, destination):
    to(boat, forward_by=way, forward_to=destination)
    wrote(boat, [person])
    reply(boat, "I am late", person)
    killed_while_delivering(boat, FORWARD)
    assert deliver(boat) == 0
    assert boat.rows("select forwarding from reply")[0].forwarding == "failed"
    assert sandbox.journal() == []


def test_a_webhook_of_a_killed_process_is_called_again(boat, receiver, person):
    to(boat, forward_by="webhook", forward_to=receiver.url)
    wrote(boat, [person])
    reply(boat, "I am late", person)
    killed_while_delivering(boat, FORWARD)
    assert deliver(boat) == 1
    assert len(receiver.received) == 1


def test_a_provider_that_is_not_configured_is_tried_again(boat, sandbox, person):
    wrote(boat, [person])
    reply(boat, "HELP", person)
    secrets = {name: value for name, value in KEYS.items() if not name.startswith("twilio")}
    assert deliver_replies(boat.worker, boat.settings, secrets) == 0
    due_again(boat)
    assert deliver(boat) == 1


def test_nothing_is_delivered_while_the_platform_is_on_hold(boat, sandbox, person):
    wrote(boat, [person])
    reply(boat, "HELP", person)
    begin_hold(boat.worker, by="ann", reason=None)
    try:
        assert deliver(boat) == 0
    finally:
        release_hold(boat.worker, boat.settings.home, by="ann")
    assert texts(sandbox, person) == []
    assert deliver(boat) == 1


def test_an_answer_that_was_refused_for_now_is_tried_again(boat, sandbox, person):
    wrote(boat, [person])
    reply(boat, "HELP", person)
    sandbox.faults({"action": "too_many"})
    assert deliver(boat) == 0
    sandbox.faults()
    due_again(boat)
    assert deliver(boat) == 1


def test_a_machine_gets_no_answer_and_is_not_forwarded(boat, sandbox, receiver):
    address = f"{uuid4().hex[:8]}@example.com"
    to(boat, forward_by="webhook", forward_to=receiver.url)
    wrote(boat, [address], "email")
    mail = "reminders@packetboat.example"
    found = reply(boat, "HELP", address, mail, channel="email", automatic=True)
    assert (found.kind, found.answered) == ("automatic", False)
    forwarded = message_id(uuid4())
    assert reply(boat, "HELP", address, mail, channel="email", thread=(forwarded,)).kind == "automatic"
    assert deliver(boat) == 0
    assert receiver.received == []


def test_a_webhook_is_signed_and_says_what_was_meant(boat, receiver, person):
    to(boat, forward_by="webhook", forward_to=receiver.url + "/in")
    packet = wrote(boat, [person])
    reply(boat, "C", person)
    assert deliver(boat) == 1
    (request,) = receiver.received
    stamp, signed = (part.partition("=")[2] for part in request.headers["packetboat-signature"].split(","))
    key = webhook_key(KEYS, boat.business.client_id).encode()
    assert hmac.new(key, f"{stamp}.".encode() + request.body, hashlib.sha256).hexdigest() == signed
    body = json.loads(request.body)
    assert (body["meaning"], body["from"], body["packet_id"], body["row"]) == (
        "confirm",
        person,
        str(packet),
        1,
    )
    assert request.headers["packetboat-id"] == body["id"]


def test_a_webhook_that_fails_is_called_again_with_the_same_id(boat, receiver, person):
    to(boat, forward_by="webhook", forward_to=receiver.url)
    wrote(boat, [person])
    receiver.status = 500
    reply(boat, "C", person)
    assert deliver(boat) == 0
    assert deliver(boat) == 0, "not before its time"
    receiver.status = 204
    due_again(boat)
    assert deliver(boat) == 1
    assert len({request.headers["packetboat-id"] for request in receiver.received}) == 1
    assert len(receiver.received) == 2
    assert boat.rows("select forwarding from reply")[0].forwarding == "delivered"


def test_a_webhook_to_a_private_place_is_given_up(boat, receiver, person):
    to(boat, forward_by="webhook", forward_to=receiver.url)
    wrote(boat, [person])
    reply(boat, "C", person)
    boat.settings.webhooks_to_this_machine = False
    assert deliver(boat) == 0
    assert boat.rows("select forwarding from reply")[0].forwarding == "failed"
    assert receiver.received == []


def test_an_email_marks_itself_as_forwarded(boat, sandbox, person):
    to(boat, forward_by="email", forward_to="owner@example.com")
    wrote(boat, [person])
    reply(boat, "I am late", person)
    assert deliver(boat) == 1
    (text,) = texts(sandbox, "owner@example.com")
    assert person in text
    assert "I am late" in text


def test_a_text_message_comes_from_the_clients_number(boat, sandbox, person):
    to(boat, forward_by="sms", forward_to="+12125550100")
    wrote(boat, [person])
    reply(boat, "I am late", person)
    assert deliver(boat) == 1
    assert "I am late" in texts(sandbox, "+12125550100")[0]
    assert texts(sandbox, person) == [], "the person hears nothing of the owner"


OWNER = "+12125550100"


@pytest.fixture
def number(boat):
    """A number that only this client has."""
    own_sender(boat, own := f"+1646{uuid4().int % 10_000_000:07d}")
    return own


@pytest.mark.parametrize(
    ("words", "kind"),
    [("ok thanks", "other"), ("yes", "other"), ("cancel my appointment", "other"), ("STOP", "stop")],
)
def test_what_the_owner_answers_to_a_forwarded_text_moves_nothing(boat, sandbox, number, person, words, kind):
    to(boat, forward_by="sms", forward_to=OWNER)
    wrote(boat, [person])
    reply(boat, "I am late", person, number)
    assert deliver(boat) == 1
    found = reply(boat, words, OWNER, number)
    assert (found.kind, found.outcome, found.client_id) == (kind, "unmatched", boat.business.client_id)
    assert deliver(boat) == 0
    assert len(texts(sandbox, OWNER)) == 1
    assert (
        boat.rows("select from reply where from_address = :owner and forwarding is not null", owner=OWNER)
        == []
    )


def test_two_machines_that_answer_each_other_exchange_two_messages_at_most(boat, sandbox, number, person):
    to(boat, forward_by="sms", forward_to=OWNER)
    wrote(boat, [person])
    seen = 0
    reply(boat, "I am late", person, number)
    for _ in range(5):  # whoever gets a text from us answers it at once
        deliver(boat)
        got = [one for one in sandbox.journal() if one.sender == number]
        for one in got[seen:]:
            reply(boat, "I will call you back", one.to, number)
        seen = len(got)
    assert seen <= 2


def test_an_owner_who_is_a_patient_too_answers_for_themselves(boat, sandbox, number):
    to(boat, forward_by="sms", forward_to=OWNER)
    packet = wrote(boat, [OWNER])
    found = reply(boat, "yes", OWNER, number)
    assert (found.kind, found.packet_id) == ("confirm", packet)
    assert deliver(boat) == 0
    assert texts(sandbox, OWNER) == []


def test_nor_does_a_mailbox_get_its_own_answer(boat, sandbox):
    to(boat, forward_by="email", forward_to="owner@example.com")
    wrote(boat, ["owner@example.com"], "email")
    mail = "reminders@packetboat.example"
    assert reply(boat, "yes", "Owner@Example.com", mail, channel="email").kind == "confirm"
    assert deliver(boat) == 0


def test_one_person_is_forwarded_five_times_an_hour(boat, receiver, person):
    to(boat, forward_by="webhook", forward_to=receiver.url)
    wrote(boat, [person])
    for number in range(8):
        reply(boat, f"note {number}", person)
    assert deliver(boat) == 5
    states = sorted(row.forwarding for row in boat.rows("select forwarding from reply"))
    assert states == ["capped"] * 3 + ["delivered"] * 5


def test_the_daily_cap_holds_for_all_people(boat, receiver):
    to(boat, forward_by="webhook", forward_to=receiver.url, daily_cap=2)
    people = [f"+1212{uuid4().int % 10_000_000:07d}" for _ in range(3)]
    wrote(boat, people)
    for one in people:
        reply(boat, "hello", one)
    assert deliver(boat) == 2


def test_without_a_wish_nothing_is_forwarded(boat, receiver, person):
    wrote(boat, [person])
    reply(boat, "hello", person)
    assert deliver(boat) == 0
    to(boat, forward_by="webhook", forward_to=receiver.url)
    to(boat, forward_by="")
    reply(boat, "hello", person)
    assert deliver(boat) == 0


@pytest.mark.parametrize(
    ("way", "destination"),
    [
        ("webhook", "ftp://example.com"),
        ("webhook", None),
        ("email", "nobody"),
        ("sms", "12"),
        ("sms", "owner@example.com"),
    ],
)
def test_a_destination_is_checked(boat, way, destination):
    with pytest.raises(SettingsError):
        to(boat, forward_by=way, forward_to=destination)
    assert boat.rows("select 1 from reply_setting") == []
