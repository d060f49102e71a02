"""Send through the sandbox, and wait for its callbacks."""

import time
import uuid
from urllib.parse import parse_qs

import requests

from pipelines.domain.sending import Outgoing
from tests.fixtures_sandbox import eventually

SENDER = "+15005550006"


def send(sandbox, receiver, to="+33612345678", count=1):
    carrier = sandbox.twilio()
    sent = [Outgoing(uuid.uuid4(), to, "Hello") for _ in range(count)]
    for one in sent:
        carrier.send([one], channel="sms", sender=SENDER, callback_url=f"{receiver.url}/hooks/twilio")
    carrier.close()
    return sent


def states(receiver):
    return [parse_qs(hook.body.decode())["MessageStatus"][0] for hook in receiver.received]


def settled(sandbox, receiver, count):
    """The first `count` callbacks, after the last has arrived."""
    eventually(lambda: len(receiver.received) >= count)
    eventually(
        lambda: requests.get(sandbox.url + "/sandbox/health", timeout=5).json()["callbacks_waiting"] == 0
    )
    time.sleep(0.1)
    assert len(receiver.received) == count
    return states(receiver)
