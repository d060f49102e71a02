"""`packetboat client alarms`: when and where a client is told."""

import json
from uuid import uuid4

import pytest

USAGE = 2


@pytest.fixture
def client(shell):
    slug = f"shop-{uuid4().hex[:8]}"
    assert shell("client", "add", "Corner Shop", "--slug", slug).code == 0
    return slug


def test_they_are_shown_and_changed(shell, client):
    def now(*changes):
        return json.loads(shell("client", "alarms", client, *changes, "--json").out)

    assert now() == {"email": None, "credit_percent": 20}
    assert now("--credit-percent", "35") == {"email": None, "credit_percent": 35}
    assert now("--email", "owner@shop.example") == {"email": "owner@shop.example", "credit_percent": 35}
    assert now("--email", "")["email"] is None


def test_people_read_sentences(shell, client):
    assert shell("client", "alarms", client).out.splitlines() == [
        "Alarm: when less than 20 % of the last payment is left.",
        "Alarms are sent to nobody: packetboat client alarms CLIENT --email ADDRESS",
    ]
    never = shell("client", "alarms", client, "--credit-percent", "0", "--email", "owner@shop.example")
    assert never.out.splitlines() == [
        "Alarm: not when credit runs low.",
        "Alarms are sent to owner@shop.example.",
    ]


def test_what_cannot_be_is_refused(shell, client):
    assert shell("client", "alarms", client, "--credit-percent", "101").code == USAGE
    assert shell("client", "alarms", client, "--email", "nobody").sentence == (
        "This is no e-mail address to which alarms can be sent."
    )
