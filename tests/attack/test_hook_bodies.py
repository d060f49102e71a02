"""Any body of a callback, from a stranger or a provider, is refused, or stored without harm: never an error of ours, never used twice."""

import gzip
import hashlib
import hmac
import json
import time
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from twilio.request_validator import RequestValidator

from pipelines.events.apply import apply_events
from pipelines.store.unit_of_work import UnitOfWork
from tests.webapp.conftest import PORTAL, app, boat, world

__all__ = ["app", "boat", "world"]

TAKEN, FORBIDDEN, NEVER_AGAIN = 200, 403, 406
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DEEP = b'{"a":' * 20_000 + b"1" + b"}" * 20_000
NUL = "a\0b\ud800"


def stored(boat):
    with UnitOfWork(boat.engine("worker"), every_client=True) as uow:
        return uow.scalar(text("select count(*) from event_inbox"))


def signature(boat, timestamp=None, token=None):
    timestamp, token = timestamp or str(int(time.time())), token or uuid4().hex
    key = boat.secrets["mailgun_signing_key"].encode()
    signed = hmac.new(key, (timestamp + token).encode(), hashlib.sha256).hexdigest()
    return {"timestamp": timestamp, "token": token, "signature": signed}


def complaint(**more):
    return {"event": "complained", "id": uuid4().hex, "recipient": "maria@example.com"} | more


def webhook(world, signed, event, **more):
    body = json.dumps({"signature": signed, "event-data": event})
    return world.post(
        "/hooks/mailgun", data=body.encode(errors="surrogatepass"), headers=JSON, **more
    ).status_code


class TestOneSignature:
    """Mailgun signs a timestamp and a token, and not what it says: each signature is good for one body."""

    def test_is_worth_nothing_with_another_body(self, boat, world):
        signed, before = signature(boat), stored(boat)
        assert webhook(world, signed, complaint()) == TAKEN
        assert [webhook(world, signed, complaint()) for _ in range(3)] == [NEVER_AGAIN] * 3
        assert stored(boat) == before + 1

    def test_comes_again_with_a_retry(self, boat, world):
        signed, event, before = signature(boat), complaint(), stored(boat)
        assert [webhook(world, signed, event) for _ in range(3)] == [TAKEN] * 3
        assert stored(boat) == before + 1

    def test_is_the_same_wherever_time_ends_and_token_begins(self, boat, world):
        now = str(int(time.time()))
        signed = signature(boat, now, "0" + uuid4().hex)
        assert webhook(world, signed, complaint()) == TAKEN
        before = stored(boat)
        for cut in range(1, len(now) + 3):
            joined = now + signed["token"]
            moved = signed | {"timestamp": joined[:cut], "token": joined[cut:]}
            assert webhook(world, moved, complaint()) in {FORBIDDEN, NEVER_AGAIN}
        assert stored(boat) == before

    def test_of_an_unreadable_body_is_not_used_up(self, boat, world):
        signed = signature(boat)
        assert webhook(world, signed, "nothing") == NEVER_AGAIN
        assert webhook(world, signed, complaint()) == TAKEN


@pytest.mark.parametrize(
    "path", ["/hooks/mailgun", "/hooks/twilio", "/hooks/twilio?bodySHA256=0", "/hooks/twilio?bodySHA256="]
)
@pytest.mark.parametrize("headers", [JSON, FORM, {}, {"Content-Type": "multipart/form-data"}])
@pytest.mark.parametrize(
    "body",
    [
        DEEP,
        b"[" * 100_000,
        b'{"signature": ' + DEEP + b"}",
        b'{"signature": {"timestamp": ' + b"9" * 4000 + b', "token": "a", "signature": "b"}}',
        b'{"signature": {"timestamp": "1", "token": "\\ud800", "signature": "\\ud800"}}',
        b'{"signature": {"timestamp": NaN, "token": 1e999, "signature": -Infinity}}',
        b'{"signature": "\\u0000"}',
        b"a=" + b"&a=" * 80_000,
        b"\xff\xfe\x00\x00",
        b"\x00",
        gzip.compress(b"{}"),
    ],
    ids=range(11),
)
def test_what_a_stranger_sends_is_refused(boat, world, path, headers, body):
    before = stored(boat)
    assert world.post(path, data=body, headers=headers | {"X-Twilio-Signature": "é"}).status_code == FORBIDDEN
    assert stored(boat) == before


def test_a_compressed_body_is_not_opened(boat, world):
    body = gzip.compress(json.dumps({"signature": signature(boat), "event-data": complaint()}).encode())
    answer = world.post("/hooks/mailgun", data=body, headers=JSON | {"Content-Encoding": "gzip"})
    assert answer.status_code == FORBIDDEN


def test_a_body_in_chunks_is_read_like_any_other(boat, world):
    body = json.dumps({"signature": signature(boat), "event-data": complaint()}).encode()
    assert world.post("/hooks/mailgun", data=iter([body[:9], body[9:]]), headers=JSON).status_code == TAKEN
    endless = (b" " * 65_536 for _ in range(8))
    assert world.post("/hooks/mailgun", data=endless, headers=JSON).status_code == 413


def test_a_body_is_read_for_what_it_is_not_for_what_it_is_called(boat, world):
    body = json.dumps({"signature": signature(boat), "event-data": complaint()}).encode()
    assert world.post("/hooks/mailgun", data=body, headers={"Content-Type": "image/png"}).status_code == TAKEN


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**400, -(10**30), 1e308, float("inf"), float("nan"), -1, 253402300800, 10**18]),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from([NUL, "x" * 5000, "1e999", "NaN", "-1", str(uuid4()), "+12125550142", "é" * 600]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.one_of(st.none(), st.text(max_size=5)), max_size=3),
)
KINDS = st.sampled_from(
    ["delivered", "failed", "rejected", "accepted", "complained", "unsubscribed", "opened"]
)


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    event=st.fixed_dictionaries(
        {},
        optional={
            "event": st.one_of(KINDS, KINDS, ODD),
            "id": st.one_of(st.uuids().map(str), ODD),
            "severity": st.one_of(st.sampled_from(["permanent", "temporary"]), ODD),
            "timestamp": ODD,
            "recipient": ODD,
            "delivery-status": st.one_of(ODD, st.fixed_dictionaries({"code": ODD})),
            "message": st.one_of(ODD, st.fixed_dictionaries({"headers": st.one_of(ODD, st.fixed_dictionaries({"message-id": ODD}))})),
            "user-variables": st.one_of(ODD, st.fixed_dictionaries({"attempt": ODD})),
            "more": ODD,
        },
    )
)  # fmt: skip
@example({"event": "delivered", "id": "x" * 5000})
@example({"event": "failed", "id": "1", "message": {"headers": {"message-id": "y" * 5000}}})
@example({"event": "failed", "id": "2", "delivery-status": {"code": "9" * 9000}, "more": {NUL: NUL}})
def test_an_odd_event_of_mailgun_is_no_error_of_ours(boat, world, event):
    assert webhook(world, signature(boat), event) in {TAKEN, FORBIDDEN, NEVER_AGAIN}


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    form=st.dictionaries(
        st.one_of(
            st.sampled_from(["MessageSid", "SmsSid", "MessageStatus", "SmsStatus", "To", "ErrorCode"]),
            st.text(st.characters(codec="utf-8"), max_size=5),
        ),
        st.one_of(
            st.text(st.characters(codec="utf-8"), max_size=20),
            st.sampled_from(["delivered", "failed", "21610", "a\0b", "x" * 5000, "", "NaN"]),
        ),
        max_size=8,
    ),
    attempt=st.one_of(st.uuids().map(str), st.text(st.characters(codec="ascii"), max_size=40)),
)
@example({"MessageSid": "x" * 5000, "MessageStatus": "delivered"}, "1")
@example({"MessageSid": "\0", "MessageStatus": "failed", "To": "\0", "ErrorCode": "21610"}, "\0")
def test_an_odd_event_of_twilio_is_no_error_of_ours(boat, world, form, attempt):
    path = f"/hooks/twilio?{urlencode({'attempt': attempt})}"
    signed = RequestValidator(boat.secrets["twilio_auth_token"]).compute_signature(PORTAL + path, form)
    answer = world.post(path, data=urlencode(form).encode(), headers=FORM | {"X-Twilio-Signature": signed})
    assert answer.status_code in {TAKEN, NEVER_AGAIN} or (answer.status_code == FORBIDDEN and "" in form)


def test_and_all_that_was_stored_can_be_applied(boat):
    apply_events(boat.engine("worker"))
