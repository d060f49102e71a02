"""Limits and countries on the command line."""

import json
from uuid import uuid4

import pytest

FAILED, USAGE = 1, 2
NUMBER = "+15005550006"


@pytest.fixture
def client(shell):
    slug = f"shop-{uuid4().hex[:8]}"
    assert shell("client", "add", "Corner Shop", "--slug", slug).code == 0
    shell("sender", "add", NUMBER, "--client", slug, "--channel", "sms", "--provider", "twilio")
    return slug


def limits(shell, client):
    listed = json.loads(shell("limit", "list", "--json").out)
    return {
        (one["scope"], one["subject"]): (one["per_second"], one["per_day"])
        for one in listed
        if one["client"] == client
    }


@pytest.mark.parametrize(
    "about",
    [
        ("sender", NUMBER),
        ("brand", "twilio"),
        ("client", ""),
        ("channel", "email"),
        ("country", "FR"),
        ("prefix", "+881"),
    ],
)
def test_a_limit_is_set_changed_and_removed(shell, client, about):
    assert shell("limit", "set", *about, "--client", client, "--per-day", "100").code == 0
    assert limits(shell, client) == {about: (None, 100)}
    assert shell("limit", "set", *about, "--client", client, "--per-day", "200").code == 0
    assert limits(shell, client) == {about: (None, 200)}
    assert client in shell("limit", "list").out
    assert shell("limit", "remove", *about, "--client", client).code == 0
    assert limits(shell, client) == {}
    assert shell("limit", "remove", *about, "--client", client).code == FAILED


def test_a_limit_of_all_clients(shell):
    assert shell("limit", "set", "provider", "twilio", "--per-second", "3.75").code == 0
    assert limits(shell, None) == {("provider", "twilio"): (3.75, None)}
    assert shell("limit", "remove", "provider", "twilio").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("planet", "mars", "--per-day", "5"), USAGE, "'planet' is not one of"),
        (("channel", "pigeon", "--per-day", "5"), FAILED, "no channel “pigeon”"),
        (("prefix", "0900", "--per-day", "5"), FAILED, "no prefix “0900”"),
        (("country", "fr", "--per-day", "5"), FAILED, "no country “fr”"),
        (("country", "FR", "--per-second", "5"), FAILED, "only be per day"),
        (("client", "--per-second", "5"), FAILED, "Name the client with `--client`"),
        (("channel", "sms"), FAILED, "A limit needs a number"),
        (("channel", "sms", "--per-second", "0"), USAGE, "--per-second"),
    ],
)
def test_an_unusable_limit_is_refused(shell, arguments, code, says):
    done = shell("limit", "set", *arguments)
    assert done.code == code
    assert says in " ".join(done.err.split())


def test_a_provider_is_limited_for_all_clients_and_a_sender_must_exist(shell, client):
    assert "Omit" in shell("limit", "set", "provider", "twilio", "--client", client, "--per-day", "5").err
    assert (
        "no such sender"
        in shell("limit", "set", "sender", "+15005550001", "--client", client, "--per-day", "5").err
    )


def test_countries_are_allowed_and_denied(shell, client):
    def countries():
        return {
            one["client"]: one["countries"] for one in json.loads(shell("country", "list", "--json").out)
        }[client]

    assert countries() == ["US"]
    assert shell("country", "allow", "FR", "CA", "--client", client).code == 0
    assert countries() == ["CA", "FR", "US"]
    assert shell("country", "deny", "FR", "--client", client).code == 0
    assert countries() == ["CA", "US"]
    assert "no country" in shell("country", "allow", "XX", "--client", client).err
    assert client in shell("country", "list").out
