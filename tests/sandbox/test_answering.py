"""Answering as a person: the calls are those of the real services, and our own carriers accept their signatures."""

from uuid import uuid4

import requests

from pipelines.domain.sending import HookRequest, Outgoing
from tests.fixtures_sandbox import eventually, quick_config, running

PERSON, MAILBOX = "+12125550142", "ann@example.com"


def answer(sandbox, address, text, **script):
    return requests.post(
        sandbox.url + "/sandbox/replies", json={"address": address, "text": text, **script}, timeout=10
    )


def send_sms(sandbox, receiver, sender="+15005550006"):
    message = Outgoing(uuid4(), PERSON, "Reply C to confirm")
    sandbox.twilio().send(
        [message], channel="sms", sender=sender, callback_url=receiver.url + "/hooks/twilio"
    )


def send_mail(sandbox):
    message = Outgoing(uuid4(), MAILBOX, "Reply C to confirm", "Your appointment")
    sandbox.mailgun().send(
        [message], channel="email", sender="Clinic <hi@packetboat.example>", callback_url=None
    )


def replies(receiver):
    return [request for request in receiver.received if request.url.endswith("/replies")]


def test_an_sms_is_answered_with_twilios_fields(sandbox, receiver):
    send_sms(sandbox, receiver)
    receiver.status = 200
    assert answer(sandbox, PERSON, "Yes, ok").json() == {"statuses": [200]}
    (request,) = replies(receiver)
    assert sandbox.twilio().verify_signature(request)
    (reply,) = sandbox.twilio().read_replies(request)
    assert (reply.sender, reply.to, reply.body) == (PERSON, ("+15005550006",), "Yes, ok")


def test_a_pool_of_numbers_says_which_it_is(sandbox, receiver):
    pool = "MG" + "0" * 32
    send_sms(sandbox, receiver, pool)
    answer(sandbox, PERSON, "C")
    (reply,) = sandbox.twilio().read_replies(replies(receiver)[0])
    assert reply.to == ("+15005550006", pool)


def test_an_sms_is_answered_with_plivos_fields(sandbox, receiver):
    plivo, message = sandbox.plivo(), Outgoing(uuid4(), PERSON, "Reply C to confirm")
    plivo.send([message], channel="sms", sender="+15005550006", callback_url=receiver.url + "/hooks/plivo")
    receiver.status = 200
    assert answer(sandbox, PERSON, "Oui, à demain & merci").json() == {"statuses": [200]}
    (request,) = replies(receiver)
    assert plivo.verify_signature(request)
    (reply,) = plivo.read_replies(request)
    assert (reply.provider, reply.sender, reply.to[0]) == ("plivo", PERSON, "+15005550006")
    assert (reply.channel, reply.body) == ("sms", "Oui, à demain & merci")
    answer(sandbox, PERSON, "one", forged=True)
    assert not plivo.verify_signature(replies(receiver)[1])


def test_an_email_is_answered_with_mailguns_fields(tmp_path, receiver):
    with running(quick_config(tmp_path, hooks=receiver.url + "/hooks")) as sandbox:
        send_mail(sandbox)
        answer(sandbox, MAILBOX, "Yes")
        (request,) = replies(receiver)
        mailgun = sandbox.mailgun()
        assert mailgun.verify_signature(request)
        (reply,) = mailgun.read_replies(request)
        assert (reply.sender, reply.to, reply.body) == (MAILBOX, ("hi@packetboat.example",), "Yes")
        assert reply.thread == (sandbox.journal()[0].id,)
        assert not reply.automatic
        assert mailgun.one_time(request) == mailgun.one_time(request)


def test_faults_repeat_delay_and_forge(sandbox, receiver):
    send_sms(sandbox, receiver)
    answer(sandbox, PERSON, "one", times=3)
    first = replies(receiver)
    assert len(first) == 3
    assert len({request.body for request in first}) == 1
    answer(sandbox, PERSON, "two", forged=True)
    assert not sandbox.twilio().verify_signature(replies(receiver)[3])
    assert answer(sandbox, PERSON, "three", seconds=0.3).json() == {"statuses": []}
    assert len(replies(receiver)) == 4
    assert eventually(lambda: len(replies(receiver)) == 5)


def test_the_form_on_the_persons_page_answers_and_shows_it(sandbox, receiver):
    send_sms(sandbox, receiver)
    page = requests.post(
        sandbox.url + "/sandbox/answer", data={"address": PERSON, "text": "<b>Yes</b>"}, timeout=10
    )
    assert page.url.startswith(sandbox.url + "/?to=")
    assert "&lt;b&gt;Yes&lt;/b&gt;" in page.text
    assert f"answered {receiver.status}" in page.text
    assert len(replies(receiver)) == 1


def test_who_got_nothing_cannot_answer(sandbox):
    assert answer(sandbox, PERSON, "Yes").status_code == 404
    assert answer(sandbox, PERSON, "x" * 1601).status_code == 400


def test_an_answer_is_no_status_callback(sandbox, receiver):
    """Sent to the wrong path, it is refused."""
    send_sms(sandbox, receiver)
    answer(sandbox, PERSON, "Yes")
    (request,) = replies(receiver)
    try:
        sandbox.twilio().read_events(HookRequest(request.url, request.headers, request.body))
    except ValueError:
        return
    raise AssertionError("an answer was read as a status")
