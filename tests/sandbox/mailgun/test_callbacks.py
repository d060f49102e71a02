"""Mailgun's webhooks: retries, and the fate of each mailbox."""

import json
import time
import uuid

import pytest
import requests

from pipelines.domain.sending import Outgoing
from pipelines.sandbox.mailgun.service import signature
from pipelines.states import MessageState
from tests.fixtures_sandbox import eventually, quick_config, running


def test_mailgun_retries_unless_refused_for_good(tmp_path, receiver):
    """406 ends the retries; every other failure is retried."""
    with running(quick_config(tmp_path, hooks=f"{receiver.url}/hooks")) as sandbox:
        carrier = sandbox.mailgun()
        for status, calls in ((406, 1), (500, 2)):
            receiver.received.clear()
            receiver.status = status
            carrier.send(
                [Outgoing(uuid.uuid4(), "ana@example.org", "x", "s")],
                channel="email",
                sender="a@b.example",
                callback_url=None,
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
        ("bounce@example.org", ["hard_bounce"]),
        ("soft-bounce+x@example.org", [None, MessageState.DELIVERED]),
        ("complain@example.org", [MessageState.DELIVERED, "complained"]),
        ("unsubscribe@example.org", [MessageState.DELIVERED, "unsubscribed"]),
        ("ana@example.org", [MessageState.DELIVERED]),
    ],
)
def test_mailboxes_with_a_special_fate(tmp_path, receiver, address, expected):
    with running(quick_config(tmp_path, hooks=f"{receiver.url}/hooks")) as sandbox:
        carrier = sandbox.mailgun()
        carrier.send(
            [Outgoing(uuid.uuid4(), address, "x", "s")],
            channel="email",
            sender="a@b.example",
            callback_url=None,
        )
        settled_count = len(expected)
        eventually(lambda: len(receiver.received) == settled_count)
        events = [event for hook in receiver.received for event in carrier.read_events(hook)]
        carrier.close()
    assert [event.opt_out or event.state for event in events] == expected


def test_the_subject_is_repeated_and_the_text_is_not_kept(tmp_path, receiver):
    with running(quick_config(tmp_path, hooks=f"{receiver.url}/hooks")) as sandbox:
        carrier = sandbox.mailgun()
        message = Outgoing(uuid.uuid4(), "ana@example.org", "Body", "About you")
        carrier.send([message], channel="email", sender="a@b.example", callback_url=None)
        eventually(lambda: receiver.received)
        carrier.close()
    (hook,) = receiver.received
    assert json.loads(hook.body)["event-data"]["message"]["headers"]["subject"] == "About you"
    assert hook.url.endswith("/hooks/mailgun")


def test_the_signature_covers_timestamp_and_token_as_one_text():
    assert signature("key", "1", "2") == signature("key", "12", "")
