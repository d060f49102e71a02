"""Unsubscribe links: signed, bound to their purpose, and without a personal datum."""

import base64
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.consent.links import LinkInvalid, Links, Recipient, read_token, token_of
from pipelines.domain.sending import Outgoing

KEY = "key-for-tests"
ANA = Recipient(uuid4(), "email", uuid4(), bytes(range(32)))


def test_a_token_is_read_back():
    assert read_token(token_of(ANA, KEY), KEY) == ANA


@given(st.integers(min_value=0))
def test_a_flipped_bit_is_refused(place):
    token = token_of(ANA, KEY)
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    place %= len(raw) * 8
    raw[place // 8] ^= 1 << place % 8
    with pytest.raises(LinkInvalid):
        read_token(base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("="), KEY)


@pytest.mark.parametrize("key", ["", "another key"])
def test_another_key_is_refused(key):
    with pytest.raises(LinkInvalid):
        read_token(token_of(ANA, key), KEY)


def test_a_token_for_another_purpose_is_refused(monkeypatch):
    monkeypatch.setattr("pipelines.consent.links.PURPOSE", b"packetboat confirm\0\1")
    token = token_of(ANA, KEY)
    monkeypatch.undo()
    with pytest.raises(LinkInvalid):
        read_token(token, KEY)


@given(st.text())
def test_nonsense_is_refused(token):
    with pytest.raises(LinkInvalid):
        read_token(token, KEY)


def test_each_message_gets_its_own_link_without_the_address():
    links = Links(
        "https://boat.example", {"address_key": "a", "unsubscribe_key": KEY}, ANA.client_id, "email"
    )
    message = Outgoing(uuid4(), "Jane@example.com", "x", "s")
    first, second, same = links.added_to(
        [message, replace(message, attempt_id=uuid4()), replace(message, address="jane@example.com")]
    )
    assert first.unsubscribe_url != second.unsubscribe_url
    assert first.unsubscribe_url == same.unsubscribe_url
    assert (
        "jane"
        not in base64.urlsafe_b64decode(first.unsubscribe_url.rpartition("/")[2] + "==")
        .decode(errors="replace")
        .lower()
    )
