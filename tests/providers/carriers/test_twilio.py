"""Twilio: its requests, the meaning of its answers, its callbacks."""

import json
import os
import uuid
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlencode

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.domain.sending import HookRequest, Outgoing, Verdict
from pipelines.providers.carriers.listing import CannotList, Search
from pipelines.providers.carriers.twilio import Twilio
from pipelines.providers.carriers.twilio.answers import CODES
from pipelines.providers.carriers.twilio.callbacks import STATES, Signatures, form_of
from pipelines.providers.carriers.twilio.carrier import with_attempt
from pipelines.settings import PROJECT
from pipelines.states import MessageState
from tests.fixtures_sandbox import QUICK, SECRETS, answering, eventually, read_request

OPENAPI = Path(
    os.environ.get(
        "PACKETBOAT_TWILIO_OPENAPI", PROJECT.parent / "shared" / "data" / "twilio" / "twilio_api_v2010.json"
    )
)
SENDER = "+15005550006"
SERVICE = "MG" + "a" * 32


@cache
def openapi():
    return json.loads(OPENAPI.read_text())


def message(to="+33612345678", body="Hello, see you tomorrow."):
    return Outgoing(uuid.uuid4(), to, body)


def account(sid="AC1", token="t"):
    return {"account_sid": sid, "auth_token": token}


def send(carrier, one=None, sender=SENDER, callback_url=None):
    return carrier.send([one or message()], channel="sms", sender=sender, callback_url=callback_url)


def of_sandbox():
    return account(SECRETS["twilio_account_sid"], SECRETS["twilio_auth_token"])


def search(sender):
    now = datetime.now(UTC)
    return Search(sender, ("+33612345678",), now - timedelta(hours=1), now + timedelta(minutes=1))


@pytest.fixture
def twilio(sandbox):
    carrier = sandbox.twilio()
    yield carrier
    carrier.close()


def answered(raw_server, status, body, *headers):
    return send(Twilio(raw_server(answering(status, body, *headers)).url, account(), QUICK))


class TestSending:
    @pytest.mark.parametrize(
        ("expires_in", "validity"), [(None, None), (0.4, 1), (5_400.9, 5_400), (35_999, 35_999), (36_000, None), (1e7, None)]
    )  # fmt: skip
    def test_what_is_worthless_soon_is_not_sent_from_its_queue_later(
        self, sandbox, twilio, expires_in, validity
    ):
        one = Outgoing(uuid.uuid4(), "+33612345678", "Hello", expires_in=expires_in)
        assert send(twilio, one).verdict is Verdict.ACCEPTED
        assert sandbox.journal()[-1].content.get("validity") == validity

    def test_accepted(self, sandbox, twilio):
        one = message(body="Bonjour, à demain € 👋")
        answer = send(twilio, one, callback_url="http://127.0.0.1:9/hooks/twilio")
        (kept,) = sandbox.journal()
        assert answer.verdict is Verdict.ACCEPTED
        assert (answer.provider_ref, answer.http_status, answer.segments) == (kept.id, 201, 1)
        assert (kept.to, kept.sender, kept.content) == (one.address, SENDER, {"body": one.body})
        assert kept.attempt == str(one.attempt_id)

    def test_segments_are_the_providers_own_count(self, twilio):
        assert send(twilio, message(body="x" * 161)).segments == 2

    def test_a_messaging_service_as_sender(self, sandbox, twilio):
        """It has not counted the segments yet when it answers, and says 0."""
        answer = send(twilio, sender="MG" + "a" * 32)
        assert (answer.verdict, answer.segments) == (Verdict.ACCEPTED, None)
        assert sandbox.journal()[0].sender == "MG" + "a" * 32

    @pytest.mark.parametrize(
        ("to", "code"),
        [("nobody", "21211"), ("+15005550004", "21610"), ("+15005550003", "21408")],
    )
    def test_refused_for_good(self, sandbox, twilio, to, code):
        answer = send(twilio, message(to))
        assert (answer.verdict, answer.error_code, answer.http_status) == (Verdict.REFUSED, code, 400)
        assert sandbox.journal() == []

    def test_an_opt_out_has_its_code(self, twilio):
        assert send(twilio, message("+15005550004")).error_code in Twilio.opt_out_codes

    def test_wrong_credentials_stop_everything(self, sandbox):
        stranger = Twilio(sandbox.url, account(SECRETS["twilio_account_sid"], "wrong"), QUICK)
        answer = send(stranger)
        assert (answer.verdict, answer.error_code) == (Verdict.PROVIDER_DOWN, "20003")

    def test_a_wrong_sender_is_not_blamed_on_the_message(self, twilio):
        assert send(twilio, sender="+15005550007").verdict is Verdict.SENDER_REFUSED

    def test_a_body_that_cannot_be_encoded_raises_and_is_not_unknown(self, sandbox, twilio):
        with pytest.raises(UnicodeEncodeError):
            send(twilio, message(body="\ud800"))
        assert sandbox.journal() == []

    def test_the_callback_address_carries_the_attempt(self):
        attempt = uuid.uuid4()
        assert with_attempt("http://x/hooks", attempt) == f"http://x/hooks?attempt={attempt}"
        assert with_attempt("http://x/hooks?a=1", attempt) == f"http://x/hooks?a=1&attempt={attempt}"


@pytest.mark.parametrize(
    ("fault", "verdict", "accepted"),
    [
        ("too_many", Verdict.RETRY, 0),
        ("error_before", Verdict.UNKNOWN, 0),
        ("error_after", Verdict.UNKNOWN, 1),
        ("reset", Verdict.UNKNOWN, 0),
        ("lost_answer", Verdict.UNKNOWN, 1),
        ("slow_headers", Verdict.UNKNOWN, 1),
        ("slow_body", Verdict.UNKNOWN, 1),
        ("unreadable", Verdict.UNKNOWN, 1),
        ("no_id", Verdict.UNKNOWN, 1),
    ],
)
def test_every_fault_has_its_verdict_and_nothing_is_sent_twice(sandbox, twilio, fault, verdict, accepted):
    sandbox.faults({"action": fault, "seconds": 4})
    answer = send(twilio)
    assert answer.verdict is verdict
    assert len(sandbox.journal()) == accepted
    assert answer.retry_after == (4.0 if verdict is Verdict.RETRY else None)
    sandbox.faults()
    assert send(twilio).verdict is Verdict.ACCEPTED, "the line works again afterwards"


@pytest.mark.parametrize(
    "created",
    [
        {"sid": "SM\0", "num_segments": "1"},
        {"sid": "SM1", "num_segments": "9" * 5_000},
        {"sid": "SM1", "num_segments": "\u0661"},
        {"sid": "SM\ud800", "num_segments": None},
    ],
)
def test_a_success_with_odd_values_is_accepted(raw_server, created):
    assert answered(raw_server, 201, json.dumps(created)).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize(
    ("status", "code", "verdict"),
    [
        (400, 21211, Verdict.REFUSED),
        (400, 21999, Verdict.REFUSED),
        (400, 20001, Verdict.REFUSED),
        (403, 21408, Verdict.REFUSED),
        (400, 21611, Verdict.RETRY),
        (400, 63038, Verdict.RETRY),
        (429, 20429, Verdict.RETRY),
        (429, 99999, Verdict.RETRY),
        (403, 20005, Verdict.PROVIDER_DOWN),
        (404, 20404, Verdict.PROVIDER_DOWN),
        (500, 20500, Verdict.UNKNOWN),
        (500, 21211, Verdict.UNKNOWN),
        (503, 20503, Verdict.UNKNOWN),
        (413, 0, Verdict.REFUSED),
    ],
)
def test_codes_and_statuses(raw_server, status, code, verdict):
    answer = answered(raw_server, status, json.dumps({"code": code, "message": "m", "status": status}))
    assert (answer.verdict, answer.error_code) == (verdict, str(code))


@pytest.mark.parametrize("body", ["", "<html>", "[]", "null", "7", '"text"', '{"sid": null}', '{"sid": 7}'])
def test_a_success_without_a_readable_sid_is_unknown(raw_server, body):
    assert answered(raw_server, 201, body).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("body", ["", "<html>", "[]", "null", '{"code": null}'])
@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_a_failure_without_a_code_is_classified_by_its_status(raw_server, status, body):
    verdicts = {
        400: Verdict.REFUSED,
        401: Verdict.PROVIDER_DOWN,
        429: Verdict.RETRY,
        500: Verdict.UNKNOWN,
    }
    assert answered(raw_server, status, body).verdict is verdicts[status]


def test_codes_about_one_number_do_not_stop_the_lane():
    """After a code about one number the lane goes on with the next message."""
    for code in ("21211", "21610", "21614", "21612", "21408"):
        assert code not in CODES


class TestCallbacks:
    def signed(self, carrier, url, form, signature=None):
        signature = signature or carrier._signatures[0]._validator.compute_signature(url, form)
        return HookRequest(url, {"x-twilio-signature": signature}, urlencode(form).encode())

    def test_the_sandbox_signs_as_twilio_does(self, twilio, receiver):
        one = message()
        answer = send(twilio, one, callback_url=f"{receiver.url}/hooks/twilio")
        eventually(lambda: len(receiver.received) == 2)
        for hook, state in zip(receiver.received, (MessageState.SENT, MessageState.DELIVERED), strict=True):
            assert twilio.verify_signature(hook)
            (event,) = twilio.read_events(hook)
            assert (event.state, event.rank) == (state, 4 if state is MessageState.SENT else 5)
            assert (event.attempt_id, event.provider_ref) == (one.attempt_id, answer.provider_ref)
            assert event.address == one.address

    @pytest.mark.parametrize(("token", "genuine"), [("new", True), ("old", True), ("another", False)])
    def test_while_the_token_is_replaced_callbacks_may_be_signed_with_either(self, token, genuine):
        carrier = Twilio("http://x", account(token="new") | {"auth_token_other": "old"}, QUICK)
        url, form = "https://boat.example/hooks/twilio", {"MessageSid": "SM1", "MessageStatus": "sent"}
        signature = Signatures(token)._validator.compute_signature(url, form)
        assert carrier.verify_signature(self.signed(carrier, url, form, signature)) is genuine

    @settings(deadline=None)
    @given(st.dictionaries(st.text(min_size=1), st.lists(st.text(), min_size=1, max_size=3), max_size=5))
    def test_the_quick_comparison_computes_what_the_library_does(self, fields):
        body = urlencode(fields, doseq=True, errors="replace").encode()
        signatures, url = Signatures("12345"), "https://boat.example/hooks/twilio?attempt=1"
        form = form_of(body)
        expected = signatures._validator.compute_signature(url, form)
        assert signatures._usual(url, form).decode() == expected

    def test_the_example_of_twilios_own_library(self):
        """twilio-python tests/unit/test_request_validator.py"""
        carrier = Twilio("http://x", account(token="12345"), QUICK)
        form = {
            "From": "+14158675309",
            "To": "+18005551212",
            "CallSid": "CA1234567890ABCDE",
            "Caller": "+14158675309",
            "Digits": "1234",
        }
        url = "https://mycompany.com/myapp.php?foo=1&bar=2"
        assert carrier.verify_signature(self.signed(carrier, url, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8="))

    @pytest.mark.parametrize("spoil", ["body", "url", "signature", "none", "extra"])
    def test_anything_changed_is_refused(self, twilio, spoil):
        url, form = (
            "https://boat.example/hooks/twilio?attempt=1",
            {"MessageSid": "SM1", "MessageStatus": "sent"},
        )
        good = self.signed(twilio, url, form)
        assert twilio.verify_signature(good)
        spoilt = {
            "body": HookRequest(url, good.headers, good.body.replace(b"sent", b"delivered")),
            "url": HookRequest(url.replace("=1", "=2"), good.headers, good.body),
            "signature": HookRequest(url, {"x-twilio-signature": "AAAA"}, good.body),
            "none": HookRequest(url, {}, good.body),
            "extra": HookRequest(url, good.headers, good.body + b"&More=1"),
        }
        assert not twilio.verify_signature(spoilt[spoil])

    def test_the_default_port_may_be_part_of_the_signed_address(self, twilio):
        form = {"MessageSid": "SM1"}
        signature = twilio._signatures[0]._validator.compute_signature("https://boat.example:443/hooks", form)
        assert twilio.verify_signature(self.signed(twilio, "https://boat.example/hooks", form, signature))

    def test_repeated_and_empty_fields_are_signed_too(self, twilio):
        body = b"MediaUrl=b&MediaUrl=a&MessageSid=SM1&Empty="
        url = "https://boat.example/hooks"
        signature = twilio._signatures[0]._validator.compute_signature(
            url + "EmptyMediaUrlaMediaUrlbMessageSidSM1", {}
        )  # the names and values in order, spelt out
        assert twilio.verify_signature(HookRequest(url, {"x-twilio-signature": signature}, body))

    def test_a_json_body_is_signed_by_its_digest(self, twilio):
        body = b'{"a": 1}'
        url = f"https://boat.example/hooks?bodySHA256={twilio._signatures[0]._validator.compute_hash(body.decode())}"
        signature = twilio._signatures[0]._validator.compute_signature(url, {})
        headers = {"x-twilio-signature": signature, "content-type": "application/json"}
        assert twilio.verify_signature(HookRequest(url, headers, body))
        assert not twilio.verify_signature(HookRequest(url, headers, body + b" "))

    @pytest.mark.parametrize("query", ["bodySHA256=", "xbodySHA256=1", "bodySHA256"])
    def test_without_a_digest_in_the_address_a_body_is_a_form(self, twilio, query):
        url, form = f"https://boat.example/hooks?{query}", {"MessageSid": "SM1"}
        assert twilio.verify_signature(self.signed(twilio, url, form))
        assert not twilio.verify_signature(self.signed(twilio, url, form, "AAAA"))

    def read(self, twilio, url="http://x/hooks/twilio", **form):
        return twilio.read_events(HookRequest(url, {}, urlencode(form).encode()))[0]

    @pytest.mark.parametrize("status", sorted(STATES))
    def test_every_status_in_the_table(self, twilio, status):
        event = self.read(twilio, MessageSid="SM1", MessageStatus=status)
        assert (event.state, event.rank) == STATES[status]

    def test_a_later_status_has_a_higher_rank(self):
        order = ["scheduled", "accepted", "queued", "sending", "sent", "delivered", "read"]
        ranks = [STATES[status][1] for status in order]
        assert ranks == sorted(set(ranks))
        assert {STATES[final][1] for final in ("failed", "undelivered", "canceled", "delivered")} == {5}

    def test_an_unknown_status_is_kept_and_changes_nothing(self, twilio):
        event = self.read(twilio, MessageSid="SM1", MessageStatus="teleported")
        assert (event.state, event.rank) == (None, 0)

    def test_only_identical_callbacks_have_the_same_key(self, twilio):
        keys = [
            self.read(twilio, url, MessageSid=sid, MessageStatus=status).unique_key
            for url, sid, status in [
                ("http://x/?attempt=a", "SM1", "sent"),
                ("http://x/?attempt=a", "SM1", "sent"),
                ("http://x/?attempt=b", "SM1", "sent"),
                ("http://x/?attempt=a", "SM2", "sent"),
                ("http://x/?attempt=a", "SM1", "delivered"),
            ]
        ]
        assert keys[0] == keys[1]
        assert len(set(keys)) == 4

    def test_errors_and_opt_outs(self, twilio):
        event = self.read(twilio, MessageSid="SM1", MessageStatus="undelivered", ErrorCode="30005")
        assert (event.error_code, event.opt_out) == ("30005", None)
        event = self.read(twilio, MessageSid="SM1", MessageStatus="failed", ErrorCode="21610")
        assert (event.error_code, event.opt_out) == ("21610", "stop")

    @pytest.mark.parametrize("body", [b"", b"MessageSid=SM1", b"MessageStatus=sent", b"\xff\xfe", b"{}"])
    def test_a_body_that_is_not_a_status_callback_is_refused(self, twilio, body):
        with pytest.raises(ValueError, match="callback"):
            twilio.read_events(HookRequest("http://x/", {}, body))


class WhatsApp(Twilio):
    """A channel with a prefix (docs/adding-a-channel.md)."""

    address_prefix = "whatsapp:"


class TestList:
    @pytest.mark.parametrize("sender", [SENDER, SERVICE])
    @pytest.mark.parametrize("kind", [Twilio, WhatsApp])
    def test_what_any_kind_of_sender_sent_is_listed(self, sandbox, kind, sender):
        carrier = kind(sandbox.url, of_sandbox(), QUICK)
        answer = send(carrier, sender=sender)
        send(carrier, sender="+15005550009")
        listing = eventually(lambda: (found := carrier.find(search(sender))).messages and found)
        assert [(one.event.provider_ref, one.event.address) for one in listing.messages] == [
            (answer.provider_ref, "+33612345678")
        ]
        carrier.close()


def test_a_call_without_a_known_sender_is_not_looked_for(twilio):
    send(twilio)
    with pytest.raises(CannotList):
        twilio.find(search(""))


@pytest.mark.skipif(not OPENAPI.exists(), reason="Twilio's OpenAPI description is not here")
class TestAgainstTwiliosOwnDescription:
    @pytest.fixture
    def described(self):
        return openapi()

    @pytest.fixture
    def operation(self, described):
        return described["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"]["post"]

    @pytest.mark.parametrize("sender", [SENDER, SERVICE, "MG Dental"])
    def test_our_request(self, raw_server, operation, sender):
        seen = []

        def behave(connection):
            seen.append(read_request(connection))
            connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 14\r\n\r\n" + b'{"sid": "SM1"}')

        carrier = Twilio(raw_server(behave).url, account(SECRETS["twilio_account_sid"]), QUICK)
        assert send(carrier, sender=sender, callback_url="http://x/h").verdict is Verdict.ACCEPTED
        head, _, body = seen[0].partition(b"\r\n\r\n")
        (content,) = operation["requestBody"]["content"].items()
        assert content[0].encode() in head
        schema = content[1]["schema"]
        sent = dict(parse_qsl(body.decode(), strict_parsing=True))
        assert sent.keys() <= schema["properties"].keys()
        assert set(schema["required"]) <= sent.keys()
        expected = {"To", "Body", "StatusCallback", "MessagingServiceSid" if sender == SERVICE else "From"}
        assert sent.keys() == expected
        assert head.startswith(b"POST /2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json ")

    def test_the_statuses(self, described):
        states = set(described["components"]["schemas"]["message_enum_status"]["enum"])
        assert states - {"receiving", "received"} == STATES.keys()

    def test_the_sandboxs_answer(self, sandbox, described):
        schema = described["components"]["schemas"]["api.v2010.account.message"]["properties"]
        states = described["components"]["schemas"]["message_enum_status"]["enum"]
        account = SECRETS["twilio_account_sid"]
        response = requests.post(
            f"{sandbox.url}/2010-04-01/Accounts/{account}/Messages.json",
            data={"To": "+33612345678", "From": SENDER, "Body": "x"},
            auth=(account, SECRETS["twilio_auth_token"]),
            timeout=5,
        )
        assert response.status_code == 201
        answer = response.json()
        assert answer.keys() == schema.keys()
        assert answer["status"] in states
        for name, value in answer.items():
            kind = schema[name].get("type", "string")
            assert value is None or isinstance(
                value, {"string": str, "integer": int, "object": dict}[kind]
            ), name

    def test_the_list(self, sandbox, twilio, described):
        send(twilio)
        account = SECRETS["twilio_account_sid"]
        listed = requests.get(
            f"{sandbox.url}/2010-04-01/Accounts/{account}/Messages.json",
            auth=(account, SECRETS["twilio_auth_token"]),
            timeout=5,
        ).json()
        operation = described["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"]["get"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert listed.keys() == schema["properties"].keys()
        assert parse_qs(listed["first_page_uri"].partition("?")[2])["Page"] == ["0"]
