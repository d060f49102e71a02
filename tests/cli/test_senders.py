"""Senders on the command line: a client starts with the sandbox's senders and can have others."""

import json
from uuid import uuid4

import pytest

FAILED, USAGE = 1, 2
NUMBER, OTHER = "+15005550006", "+15005550009"


@pytest.fixture
def client(shell):
    slug = f"shop-{uuid4().hex[:8]}"
    assert shell("client", "add", "Corner Shop", "--slug", slug).code == 0
    return slug


def states(shell, client, channel="sms"):
    listed = json.loads(shell("sender", "list", "--json").out)
    return {
        one["address"]: one["state"] for one in listed if (one["client"], one["channel"]) == (client, channel)
    }


def test_an_added_sender_becomes_the_active_one(shell, client):
    for address in (NUMBER, OTHER):
        done = shell(
            "sender", "add", address, "--client", client, "--channel", "sms", "--provider", "twilio", "--json"
        )
        assert json.loads(done.out)["provider"] == "twilio"
    assert states(shell, client)[OTHER] == "active"
    assert list(states(shell, client).values()).count("active") == 1
    shell("sender", "add", NUMBER, "--client", client, "--channel", "sms", "--provider", "twilio")
    assert (states(shell, client)[NUMBER], states(shell, client)[OTHER]) == ("active", "paused")
    assert client in shell("sender", "list").out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ((NUMBER, "--channel", "pigeon"), USAGE, "'pigeon' is not one of"),
        ((NUMBER, "--channel", "sms", "--provider", "mailgun"), FAILED, "mailgun does not carry sms"),
        (
            ("me@example.com", "--channel", "sms", "--provider", "twilio"),
            FAILED,
            "cannot be a sender of twilio",
        ),
    ],
)
def test_an_unusable_sender_is_refused(shell, client, arguments, code, says):
    before = states(shell, client)
    done = shell("sender", "add", *arguments, "--client", client)
    assert done.code == code
    assert says in " ".join(done.err.split())
    assert states(shell, client) == before
