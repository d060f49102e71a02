"""`packet line`: how support finds the ID of a message, which a refund needs."""

import json

import pytest

from tests.builders import make_business
from tests.webapp.stories import tell_messages, tell_packet


@pytest.fixture
def packet(boat):
    engine = boat.engine("worker")
    business = make_business(engine)
    packet = tell_packet(engine, business, state="settled", total={"sent": 2})
    tell_messages(engine, business, packet, "sms", {"delivered": 2})
    return str(packet)


def test_the_messages_of_a_line_are_listed_with_their_ids(shell, packet):
    (first,), (second,) = (
        json.loads(shell("packet", "line", packet, line, "--json").out) for line in ("2", "3")
    )
    assert first["id"] != second["id"]
    head, row = shell("packet", "line", packet, "2").out.splitlines()
    assert head.split() == ["ID", "Channel", "State", "When"]
    assert row.startswith(f"{first['id']}  sms      delivered")


def test_a_line_without_a_message_and_an_unknown_packet(shell, packet):
    assert shell("packet", "line", packet, "99").out == "No message was made from line 99.\n"
    unused = "00000000-0000-0000-0000-000000000000"
    assert unused in shell("packet", "line", unused, "2").sentence
