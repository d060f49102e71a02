"""What is reported back: signed, in time, bent by the script, tried again as the providers do."""

import json
import time
import uuid
from dataclasses import replace
from urllib.parse import parse_qs

import pytest
import requests

from pipelines.domain.sending import Outgoing
from pipelines.sandbox.callbacks import mailgun_signature, twilio_signature
from pipelines.states import MessageState
from tests.fixtures_sandbox import eventually, quick_config, running

SENDER = "+15005550006"


def send(sandbox, receiver, to="+33612345678", count=1):
    carrier = sandbox.twilio()
    sent = [Outgoing(uuid.uuid4(), to, "Hello") for _ in range(count)]
    for one in sent:
        carrier.send([one], sender=SENDER, callback_url=f"{receiver.url}/hooks/twilio")
    carrier.close()
    return sent


def states(receiver):
    return [parse_qs(hook.body.decode())["MessageStatus"][0] for hook in receiver.received]


def settled(sandbox, receiver, count):
    """The first `count` callbacks, once no more are on their way."""
    eventually(lambda: len(receiver.received) >= count)
    eventually(
        lambda: requests.get(sandbox.url + "/sandbox/health", timeout=5).json()["callbacks_waiting"] == 0
    )
    time.sleep(0.1)
    assert len(receiver.received) == count
    return states(receiver)


def test_a_number_is_told_sent_then_delivered(sandbox, receiver):
    (one,) = send(sandbox, receiver)
    assert settled(sandbox, receiver, 2) == ["sent", "delivered"]
    for hook in receiver.received:
        form = {name: values[0] for name, values in parse_qs(hook.body.decode()).items()}
        assert form["SmsStatus"] == form["MessageStatus"]
        assert form["MessageSid"] == form["SmsSid"] == sandbox.journal()[0].id
        assert (form["To"], form["From"]) == (one.address, SENDER)
        assert form["AccountSid"] == sandbox.config.twilio_account_sid
        assert hook.url.endswith(f"?attempt={one.attempt_id}")
        expected = twilio_signature(sandbox.config.twilio_auth_token, hook.url, form)
        assert hook.headers["x-twilio-signature"] == expected


def test_an_undelivered_message_tells_its_code(sandbox, receiver):
    send(sandbox, receiver, "+15005550011")
    assert settled(sandbox, receiver, 2) == ["sent", "undelivered"]
    assert parse_qs(receiver.received[1].body.decode())["ErrorCode"] == ["30005"]


def test_many_at_once_all_arrive(sandbox, receiver):
    sent = send(sandbox, receiver, count=100)
    settled(sandbox, receiver, 200)
    attempts = [hook.url.partition("attempt=")[2] for hook in receiver.received]
    assert sorted(attempts) == sorted(2 * [str(one.attempt_id) for one in sent])


class TestBentByTheScript:
    def test_dropped(self, sandbox, receiver):
        sandbox.faults({"action": "callbacks_dropped", "to": "1$"})
        send(sandbox, receiver, "+33600000001")
        send(sandbox, receiver, "+33600000002")
        settled(sandbox, receiver, 2)
        assert all(b"33600000002" in hook.body for hook in receiver.received)

    def test_before_the_answer(self, sandbox, receiver):
        sandbox.faults({"action": "callbacks_before"})
        send(sandbox, receiver)
        assert states(receiver) == ["sent", "delivered"], "the answer came first"
        assert settled(sandbox, receiver, 2) == ["sent", "delivered"]

    def test_at_once(self, tmp_path, receiver):
        slow = replace(quick_config(tmp_path), sent_after=30.0, delivered_after=60.0)
        with running(slow) as sandbox:
            sandbox.faults({"action": "callbacks_at_once"})
            send(sandbox, receiver, count=20)
            eventually(lambda: len(receiver.received) == 40)

    def test_in_bursts(self, sandbox, receiver):
        sandbox.faults({"action": "callbacks_in_bursts", "seconds": 1})
        send(sandbox, receiver, count=5)
        settled(sandbox, receiver, 10)
        accepted = {message.id: message.at for message in sandbox.journal()}
        assert len(called(sandbox)) == 10
        for one in called(sandbox):
            assert int(one["at"]) > int(accepted[one["id"]]), "it did not wait for the end of its second"

    def test_repeated(self, sandbox, receiver):
        sandbox.faults({"action": "callbacks_repeated", "times": 3})
        send(sandbox, receiver)
        assert settled(sandbox, receiver, 6) == ["sent"] * 3 + ["delivered"] * 3
        assert len({hook.body for hook in receiver.received}) == 2, "a repeat is the same to the byte"

    def test_reordered(self, sandbox, receiver):
        sandbox.faults({"action": "callbacks_reordered"})
        send(sandbox, receiver)
        assert settled(sandbox, receiver, 2) == ["delivered", "sent"]

    def test_late(self, sandbox, receiver):
        sandbox.faults({"action": "callbacks_late", "seconds": 0.6})
        started = time.monotonic()
        send(sandbox, receiver)
        settled(sandbox, receiver, 2)
        assert time.monotonic() - started > 0.6

    def test_a_lost_answer_is_reported_all_the_same(self, sandbox, receiver):
        """How an unknown outcome becomes known."""
        sandbox.faults({"action": "lost_answer"})
        (one,) = send(sandbox, receiver)
        settled(sandbox, receiver, 2)
        assert receiver.received[0].url.endswith(str(one.attempt_id))

    def test_a_fate(self, sandbox, receiver):
        sandbox.faults({"action": "fate", "fate": "filtered"})
        send(sandbox, receiver)
        assert settled(sandbox, receiver, 1) == ["failed"]


def called(sandbox):
    return [json.loads(line) for line in (sandbox.config.folder / "callbacks.jsonl").read_text().splitlines()]


def test_the_results_are_kept(sandbox, receiver):
    receiver.status = 500
    send(sandbox, receiver)
    settled(sandbox, receiver, 2)
    eventually(lambda: len(called(sandbox)) == 2)
    assert [(one["state"], one["http_status"]) for one in called(sandbox)] == [
        ("sent", 500),
        ("delivered", 500),
    ]


def test_nobody_there_is_tried_once_more(sandbox, receiver):
    receiver.url = "http://127.0.0.1:9"
    send(sandbox, receiver, "+15005550013")
    found = eventually(lambda: len(kept := called(sandbox)) == 2 and kept)
    assert [(one["state"], one.get("http_status"), one["error"]) for one in found] == [
        ("sent", None, "ConnectionRefusedError")
    ] * 2


def test_mailgun_tries_again_unless_told_never(tmp_path, receiver):
    """406 means never again; every other failure is tried again."""
    with running(quick_config(tmp_path, mailgun_webhook=f"{receiver.url}/hooks/mailgun")) as sandbox:
        carrier = sandbox.mailgun()
        for status, calls in ((406, 1), (500, 2)):
            receiver.received.clear()
            receiver.status = status
            carrier.send(
                [Outgoing(uuid.uuid4(), "ana@example.org", "x", "s")], sender="a@b.example", callback_url=None
            )
            eventually(lambda: len(receiver.received) == calls)  # noqa: B023
            time.sleep(0.3)
            assert len(receiver.received) == calls
            receiver.status = 200
        ids = {json.loads(hook.body)["event-data"]["id"] for hook in receiver.received}
        assert len(ids) == 1, "tried again under the same id"
        eventually(
            lambda: requests.get(sandbox.url + "/sandbox/health", timeout=5).json()["callbacks_waiting"] == 0
        )
        carrier.close()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("bounce@example.org", [MessageState.UNDELIVERED]),
        ("soft-bounce+x@example.org", [None, MessageState.DELIVERED]),
        ("complain@example.org", [MessageState.DELIVERED, "complained"]),
        ("unsubscribe@example.org", [MessageState.DELIVERED, "unsubscribed"]),
        ("ana@example.org", [MessageState.DELIVERED]),
    ],
)
def test_mailboxes_with_a_fate(tmp_path, receiver, address, expected):
    with running(quick_config(tmp_path, mailgun_webhook=f"{receiver.url}/hooks/mailgun")) as sandbox:
        carrier = sandbox.mailgun()
        carrier.send([Outgoing(uuid.uuid4(), address, "x", "s")], sender="a@b.example", callback_url=None)
        settled_count = len(expected)
        eventually(lambda: len(receiver.received) == settled_count)
        events = [event for hook in receiver.received for event in carrier.read_events(hook)]
        carrier.close()
    assert [event.opt_out or event.state for event in events] == expected


def test_signatures_as_the_providers_print_them():
    """Worked through by hand from their security pages, not by their libraries."""
    form = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234"}
    form |= {"From": "+14158675309", "To": "+18005551212"}
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert twilio_signature("12345", url, form) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert mailgun_signature("key", "1", "2") == mailgun_signature("key", "12", "")
