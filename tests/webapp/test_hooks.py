"""The providers' callbacks: accepted only with their signature, and stored only once."""

import hashlib
import hmac
import json
import time
from uuid import uuid4

import pytest
from sqlalchemy import text
from twilio.request_validator import RequestValidator

from pipelines.store.unit_of_work import UnitOfWork
from tests.webapp.conftest import PORTAL
from tests.webapp.stories import tell_packet

JSON = {"Content-Type": "application/json"}


def twilio_call(boat, query="", address=None, **fields):
    """Path, body and headers of a status callback as Twilio signs it."""
    form = {"MessageSid": f"SM{uuid4().hex}", "MessageStatus": "delivered", "To": "+12125550142"} | fields
    path = "/hooks/twilio" + query
    signature = RequestValidator(boat.secrets["twilio_auth_token"]).compute_signature(
        (address or PORTAL) + path, form
    )
    return path, form, {"X-Twilio-Signature": signature}


def mailgun_call(boat, event="delivered", **more):
    timestamp, token = str(int(time.time())), uuid4().hex
    signed = hmac.new(
        boat.secrets["mailgun_signing_key"].encode(), (timestamp + token).encode(), hashlib.sha256
    )
    data = {
        "event": event,
        "id": uuid4().hex,
        "timestamp": time.time(),
        "recipient": "maria@example.com",
    } | more
    return {
        "signature": {"timestamp": timestamp, "token": token, "signature": signed.hexdigest()},
        "event-data": data,
    }


def stored(boat):
    with UnitOfWork(boat.engine("worker"), every_client=True) as uow:
        return uow.scalar(text("select count(*) from event_inbox"))


def test_a_signed_twilio_callback_is_stored_before_the_answer(boat, world):
    before = stored(boat)
    path, form, headers = twilio_call(boat, f"?attempt={uuid4()}")
    answer = world.post(path, data=form, headers=headers)
    assert (answer.status_code, answer.content) == (200, b"")
    assert stored(boat) == before + 1
    assert world.post(path, data=form, headers=headers).status_code == 200
    assert stored(boat) == before + 1, "a repeat is one event"


def test_a_signed_mailgun_webhook_is_stored_once(boat, world):
    before, call = stored(boat), mailgun_call(boat)
    assert [world.post("/hooks/mailgun", json=call).status_code for _ in range(2)] == [200, 200]
    assert stored(boat) == before + 1


def test_the_signature_is_checked_against_our_own_url(boat, world):
    path, form, headers = twilio_call(boat, address="http://evil.test")
    before = stored(boat)
    assert (
        world.post(
            path, data=form, headers=headers | {"Host": "evil.test", "X-Forwarded-Host": "evil.test"}
        ).status_code
        == 403
    )
    path, form, headers = twilio_call(boat)
    assert world.post(path, data=form, headers=headers | {"Host": "anything.test"}).status_code == 200
    assert stored(boat) == before + 1


@pytest.mark.parametrize("spoil", ["signature", "field", "query", "missing"])
def test_a_forged_twilio_callback_stores_nothing(boat, world, spoil):
    path, form, headers = twilio_call(boat, "?attempt=a")
    before = stored(boat)
    if spoil == "signature":
        headers["X-Twilio-Signature"] = headers["X-Twilio-Signature"][::-1]  # never begins with "="
    elif spoil == "field":
        form["MessageStatus"] = "failed"
    elif spoil == "query":
        path = path.replace("attempt=a", "attempt=b")
    else:
        headers = {}
    assert world.post(path, data=form, headers=headers).status_code == 403
    assert stored(boat) == before


@pytest.mark.parametrize(
    "spoil",
    [
        lambda call: call["signature"].update(signature="0" * 64),
        lambda call: call["signature"].update(timestamp="1"),
        lambda call: call.pop("signature"),
    ],
)
def test_a_forged_mailgun_webhook_stores_nothing(boat, world, spoil):
    call, before = mailgun_call(boat), stored(boat)
    spoil(call)
    assert world.post("/hooks/mailgun", json=call).status_code == 403
    assert stored(boat) == before


def test_a_signed_but_unreadable_callback_is_not_retried(boat, world):
    call = mailgun_call(boat)
    call["event-data"] = "nothing"
    assert world.post("/hooks/mailgun", json=call).status_code == 406


def test_a_huge_body_is_refused_before_it_is_read(boat, world):
    before = stored(boat)
    answer = world.post("/hooks/mailgun", data=b"x" * (257 * 1024), headers=JSON)
    assert answer.status_code == 413
    assert stored(boat) == before


def test_malformed_bodies_are_refused(world):
    for body in (b"\xff\xfe\x00", b"{", b"[]", b"null", json.dumps({"signature": 5}).encode(), b""):
        assert world.post("/hooks/mailgun", data=body, headers=JSON).status_code == 403
        assert world.post("/hooks/twilio", data=body).status_code == 403


def test_only_providers_have_a_hook_and_it_cannot_be_read(world):
    assert world.post("/hooks/somebody").status_code == 404
    assert world.get("/hooks/twilio").status_code in {404, 405}


def test_a_delivery_is_applied_at_once(boat, clinic, world):
    """The hook stores it and the drain applies it within a second; no pulse runs here."""
    message, (path, form, headers) = accepted_message(boat, clinic)
    assert world.post(path, data=form, headers=headers).status_code == 200
    assert state_within(boat, clinic, message, 3.0) == "delivered"


def accepted_message(boat, clinic):
    """A message that Twilio has accepted, and its call about the delivery: path, form and headers."""
    engine, client = boat.engine("worker"), clinic.business.client_id
    packet = tell_packet(engine, clinic.business, state="sending")
    with UnitOfWork(engine, client) as uow:
        message = uow.scalar(
            text(
                "insert into message (client_id, packet_id, row_no, channel, state, address, language, rule, body, attempt_no)"
                " values (:client, :packet, 1, 'sms', 'accepted', '+12125550142', 'en', 'r', 'b', 1) returning id"
            ),
            {"client": client, "packet": packet},
        )
        reference = f"SM{uuid4().hex}"
        call = uow.scalar(
            text(
                "insert into provider_call (client_id, packet_id, provider, channel, messages, state, owner, lease_until, provider_ref)"
                " values (:client, :packet, 'twilio', 'sms', 1, 'accepted', uuidv7(), now(), :reference) returning id"
            ),
            {"client": client, "packet": packet, "reference": reference},
        )
        attempt = uow.scalar(
            text(
                "insert into attempt (client_id, message_id, attempt_no, call_id) values (:client, :message, 1, :call) returning id"
            ),
            {"client": client, "message": message, "call": call},
        )
        uow.commit()
    return message, twilio_call(boat, f"?attempt={attempt}", MessageSid=reference)


def state_within(boat, clinic, message, seconds):
    """The message's state as soon as it is no longer accepted."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with UnitOfWork(boat.engine("worker"), clinic.business.client_id) as uow:
            state = uow.scalar(text("select state from message where id = :id"), {"id": message})
        if state != "accepted":
            break
        time.sleep(0.1)
    return state


def test_a_hook_costs_little(boat, world):
    """The processor time of the thread that serves it: wall-clock time includes other work on this machine, and this thread is the caller."""
    calls = [twilio_call(boat) for _ in range(40)]
    times = []
    for path, form, headers in calls:
        start = time.clock_gettime(world.clock)
        assert world.post(path, data=form, headers=headers).status_code == 200
        times.append(time.clock_gettime(world.clock) - start)
    assert 0 < sorted(times)[len(times) // 2] < 0.005
