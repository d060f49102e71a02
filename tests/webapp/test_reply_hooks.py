"""The hooks for people's answers: only with their signature, stored once before the answer, and processed at once."""

import asyncio
import json
import time
from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import eventually
from tests.replying import mailgun_reply, twilio_reply, wrote
from tests.sending import boat_for, phones
from tests.webapp.test_hooks import stored as stored_events
from tests.webapp.test_hooks import twilio_call
from webapp.public.hooks import Hooks


def replies(boat):
    with UnitOfWork(boat.engine("worker"), every_client=True) as uow:
        return uow.scalar(text("select count(*) from reply"))


def refusals(boat, provider, reason):
    with UnitOfWork(boat.engine("worker"), every_client=True) as uow:
        statement = "select coalesce(sum(refused), 0) from hook_refusal where provider = :provider and reason = :reason"
        return uow.scalar(text(statement), {"provider": provider, "reason": reason})


def post(world, call):
    path, body, headers = call
    return world.post(path, data=body, headers=headers)


@pytest.fixture
def counted_at_once(monkeypatch):
    monkeypatch.setattr("pipelines.replies.refusals.PAUSE", 0.0)


@pytest.mark.parametrize("multipart", [False, True])
def test_an_email_is_stored_once(boat, world, multipart):
    before, call = replies(boat), mailgun_reply(boat, "yes", "ann@example.com", multipart=multipart)
    assert [post(world, call).status_code for _ in range(2)] == [200, 200]
    assert replies(boat) == before + 1


def test_an_sms_is_stored_once_and_is_no_event(boat, world):
    before, events = replies(boat), stored_events(boat)
    call = twilio_reply(boat, "yes", "+12125550142")
    assert [post(world, call).status_code for _ in range(2)] == [200, 200]
    assert (replies(boat), stored_events(boat)) == (before + 1, events)


def test_a_repeat_with_another_boundary_is_one_email(boat, world):
    """A provider may encode the form anew when it tries again."""
    path, body, headers = mailgun_reply(boat, "yes", "ann@example.com", multipart=True)
    boundary = headers["Content-Type"].rpartition("boundary=")[2]
    again = body.replace(boundary.encode(), b"another")
    before = replies(boat)
    assert post(world, (path, body, headers)).status_code == 200
    assert (
        post(world, (path, again, {"Content-Type": "multipart/form-data; boundary=another"})).status_code
        == 200
    )
    assert replies(boat) == before + 1


def test_neither_path_takes_what_belongs_to_the_other(boat, world, counted_at_once):
    before, events = replies(boat), stored_events(boat)
    refused = refusals(boat, "twilio", "unreadable")
    status = twilio_reply(boat, "", "+12125550142", SmsStatus="delivered", MessageStatus="delivered")
    assert post(world, status).status_code == 406
    _, body, headers = mailgun_reply(boat, "yes", "ann@example.com")
    assert world.post("/hooks/mailgun", data=body, headers=headers).status_code == 406
    assert (replies(boat), stored_events(boat)) == (before, events)
    assert refusals(boat, "twilio", "unreadable") == refused + 1


@pytest.mark.parametrize("hook", ["/hooks/twilio", "/hooks/twilio/replies"])
def test_a_call_that_is_cut_off_is_counted(boat, counted_at_once, hook):
    hooks = Hooks(boat, boat.engine("app"))
    scope = {"type": "http", "method": "POST", "path": hook, "query_string": b"", "headers": []}
    messages = [
        {"type": "http.request", "body": b"MessageSid=SM", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive():
        return messages.pop(0)

    async def send(message):
        pass

    before = refusals(boat, "twilio", "cut_off")
    asyncio.run(hooks(scope, receive, send))
    assert refusals(boat, "twilio", "cut_off") == before + 1


def test_a_repeat_is_counted(boat, world, counted_at_once):
    before = refusals(boat, "twilio", "repeated")
    path, form, headers = twilio_call(boat)
    assert [world.post(path, data=form, headers=headers).status_code for _ in range(3)] == [200] * 3
    answer = twilio_reply(boat, "yes", "+12125550142")
    assert [post(world, answer).status_code for _ in range(2)] == [200, 200]
    assert refusals(boat, "twilio", "repeated") == before + 3


@pytest.mark.parametrize("spoil", ["signature", "text", "sender", "truncated", "none"])
def test_a_forged_sms_is_refused_and_counted(boat, world, counted_at_once, spoil):
    path, body, headers = twilio_reply(boat, "STOP", "+12125550142")
    before, counted = replies(boat), refusals(boat, "twilio", "forged")
    match spoil:
        case "signature":
            headers["X-Twilio-Signature"] = headers["X-Twilio-Signature"].swapcase()
        case "text":
            body = body.replace(b"STOP", b"STAY")
        case "sender":
            body = body.replace(b"2125550142", b"2125550143")
        case "truncated":
            body = body[: len(body) // 2]
        case "none":
            headers.pop("X-Twilio-Signature")
    assert post(world, (path, body, headers)).status_code == 403
    assert (replies(boat), refusals(boat, "twilio", "forged")) == (before, counted + 1)


@pytest.mark.parametrize("spoil", ["signature", "old", "truncated", "other boundary"])
def test_a_forged_email_is_refused_and_counted(boat, world, counted_at_once, spoil):
    at = time.time() - 10 * 3600 if spoil == "old" else None
    path, body, headers = mailgun_reply(boat, "STOP", "ann@example.com", multipart=True, at=at)
    before, counted = replies(boat), refusals(boat, "mailgun", "forged")
    match spoil:
        case "signature":
            path, body, headers = mailgun_reply(boat, "STOP", "ann@example.com", signature="0" * 64)
        case "truncated":
            body = body[: len(body) - 60]
        case "other boundary":
            headers = {"Content-Type": "multipart/form-data; boundary=xyz"}
    assert post(world, (path, body, headers)).status_code == 403
    assert (replies(boat), refusals(boat, "mailgun", "forged")) == (before, counted + 1)


def test_a_signature_is_accepted_with_one_email_only(boat, world, counted_at_once):
    """Mailgun's signature does not cover the content: it must not be used for another one."""
    path, body, headers = mailgun_reply(boat, "yes", "ann@example.com")
    before, counted = replies(boat), refusals(boat, "mailgun", "signature_reused")
    assert post(world, (path, body, headers)).status_code == 200
    changed = body.replace(b"stripped-text=yes", b"stripped-text=STOP")
    assert changed != body
    assert post(world, (path, changed, headers)).status_code == 406
    assert (replies(boat), refusals(boat, "mailgun", "signature_reused")) == (before + 1, counted + 1)


def test_a_huge_email_is_refused_and_counted(boat, world, counted_at_once):
    before, counted = replies(boat), refusals(boat, "mailgun", "too_long")
    call = mailgun_reply(boat, "x" * 300 * 1024, "ann@example.com")
    assert post(world, call).status_code == 413
    assert (replies(boat), refusals(boat, "mailgun", "too_long")) == (before, counted + 1)


def test_a_flood_of_forged_calls_is_counted_in_few_writes(boat, world, monkeypatch):
    counted = refusals(boat, "twilio", "forged")
    path, body, _ = twilio_reply(boat, "STOP", "+12125550142")
    for _ in range(20):
        assert world.post(path, data=body).status_code == 403
    assert refusals(boat, "twilio", "forged") < counted + 20
    monkeypatch.setattr("pipelines.replies.refusals.PAUSE", 0.0)
    assert world.post(path, data=body).status_code == 403
    assert refusals(boat, "twilio", "forged") >= counted + 20


def test_only_providers_have_a_hook_for_replies(world):
    assert world.post("/hooks/somebody/replies").status_code == 404
    assert world.get("/hooks/twilio/replies").status_code in {404, 405}


def test_odd_values_are_stored(boat, world):
    before = replies(boat)
    odd = twilio_reply(boat, "a\0b \ud83d".encode("utf-8", "replace").decode() + "\x07", "+12125550142")
    assert post(world, odd).status_code == 200
    mail = mailgun_reply(boat, "yes", "ann@example.com", **{"message-headers": json.dumps({"not": "pairs"})})
    assert post(world, mail).status_code == 200
    assert replies(boat) == before + 2


def test_stop_makes_a_person_unsendable_at_once(boat, clinic, world, tmp_path):
    """No pulse runs here: the hook itself has the reply processed."""
    sending = boat_for(boat.engine("worker"), clinic.business, tmp_path, "http://127.0.0.1:9")
    person = f"+1212{uuid4().int % 10_000_000:07d}"
    wrote(sending, [person])
    assert post(world, twilio_reply(boat, "Stop.", person)).status_code == 200
    query = "select reason from suppression where address = :person and client_id = :client"
    found = eventually(
        lambda: sending.rows(query, person=person, client=clinic.business.client_id), within=60
    )
    assert found[0].reason == "opted_out"


def test_another_clients_person_stays_as_they_are(boat, clinic, world, tmp_path):
    sending = boat_for(boat.engine("worker"), clinic.business, tmp_path, "http://127.0.0.1:9")
    wrote(sending, phones(1))
    before = replies(boat)
    assert post(world, twilio_reply(boat, "STOP", phones(1)[0], "+15005550099")).status_code == 200
    with UnitOfWork(boat.engine("worker"), every_client=True) as uow:
        query = text(
            "select outcome from reply where to_addresses = '{+15005550099}' order by id desc limit 1"
        )
        assert eventually(lambda: uow.scalar(query) == "unmatched")
    assert replies(boat) == before + 1
    assert not sending.rows("select from suppression where address = :person", person=phones(1)[0])
