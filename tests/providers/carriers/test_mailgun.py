"""Mailgun: a thousand people in one call without mixing them up, the meaning of its answers, its webhooks."""

import hashlib
import hmac
import json
import time
import uuid
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.domain.sending import HookRequest, Outgoing, Verdict
from pipelines.providers.carriers.mailgun import Mailgun
from pipelines.providers.carriers.mailgun.batch import encode
from pipelines.providers.carriers.mailgun.webhooks import STATES
from pipelines.sandbox.forms import read_form
from pipelines.sandbox.mailgun.variables import filler
from pipelines.states import MessageState
from tests.fixtures_sandbox import QUICK, SECRETS, answering, eventually, quick_config, running

SENDER = "Quayside Clinic <reminders@clinic.example>"
KEY = SECRETS["mailgun_signing_key"]
# A signature that no code of ours computed: printf '%s' "$TIMESTAMP$TOKEN" | openssl dgst -sha256 -hmac "$VECTOR_KEY"
VECTOR_KEY, TIMESTAMP, TOKEN = (
    "key-3ax6xnjp29jd6fds4gc373sgvjxteol0",
    1529006854,
    "a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0",
)
VECTOR = "b63c0701c4f4b614f272106a1b367c5c3369bcdca664ae73ebd52787e45eef07"


def message(to="ana@example.org", body="Hello", subject="Reminder"):
    return Outgoing(uuid.uuid4(), to, body, subject)


def crowd(count):
    return [message(f"person{n}@example.org", f"Hello number {n}", f"Subject {n}") for n in range(count)]


@pytest.fixture
def mailgun(sandbox):
    carrier = sandbox.mailgun()
    yield carrier
    carrier.close()


def send(carrier, messages):
    return carrier.send(messages, channel="email", sender=SENDER, callback_url=None)


def account(domain="clinic.example", api_key="key"):
    return {"domain": domain, "api_key": api_key, "signing_key": KEY}


def answered(raw_server, status, body, count=1):
    return send(Mailgun(raw_server(answering(status, body)).url, account(), QUICK), crowd(count))


class TestSending:
    def test_each_person_gets_their_own_text(self, sandbox, mailgun):
        people = [
            message("ana@example.org", "Bonjour Ana, é €", "Pour Ana"),
            message("bob@example.org", "Hi Bob 👋\nsecond line", "For Bob"),
        ]
        answer = send(mailgun, people)
        journal = sandbox.journal()
        assert answer.verdict is Verdict.ACCEPTED
        assert {one.id for one in journal} == {answer.provider_ref}
        assert "<" not in answer.provider_ref
        for sent, got in zip(people, journal, strict=True):
            assert (got.to, got.content) == (sent.address, {"body": sent.body, "subject": sent.subject})
            assert got.attempt == str(sent.attempt_id)
            assert got.sender == SENDER

    def test_a_thousand_in_one_call(self, sandbox):
        people = crowd(1000)
        assert send(sandbox.mailgun(QUICK.__class__()), people).verdict is Verdict.ACCEPTED
        journal = sandbox.journal()
        assert [(one.to, one.content["body"], one.attempt) for one in journal] == [
            (one.address, one.body, str(one.attempt_id)) for one in people
        ]

    def test_a_thousand_and_one_are_too_many(self, mailgun):
        with pytest.raises(ValueError, match="1 to 1000"):
            send(mailgun, crowd(1001))

    def test_one_bad_address_refuses_the_call_which_is_split_to_find_it(self, sandbox, mailgun):
        bad = [*crowd(3), message("nonsense")]
        answer = send(mailgun, bad)
        assert (answer.verdict, answer.error_code, answer.http_status) == (
            Verdict.SPLIT,
            "invalid_address",
            400,
        )
        assert sandbox.journal() == []
        assert send(mailgun, bad[3:]).verdict is Verdict.REFUSED
        assert send(mailgun, bad[:3]).verdict is Verdict.ACCEPTED

    def test_a_call_over_25_megabytes_is_not_made(self, sandbox, mailgun):
        big = [message(f"p{n}@example.org", "x" * 14_000_000) for n in range(2)]
        assert send(mailgun, big).verdict is Verdict.SPLIT
        assert send(mailgun, [message(body="x" * 27_000_000)]).verdict is Verdict.REFUSED
        assert sandbox.journal() == []

    def test_wrong_credentials_stop_everything(self, sandbox):
        stranger = Mailgun(sandbox.url, account(SECRETS["mailgun_domain"], "wrong"), QUICK)
        assert send(stranger, crowd(2)).verdict is Verdict.PROVIDER_DOWN
        lost = Mailgun(sandbox.url, account("other.example", SECRETS["mailgun_api_key"]), QUICK)
        assert send(lost, crowd(2)).verdict is Verdict.PROVIDER_DOWN

    @pytest.mark.parametrize(
        ("fault", "verdict", "accepted"),
        [
            ("too_many", Verdict.RETRY, 0),
            ("error_before", Verdict.UNKNOWN, 0),
            ("error_after", Verdict.UNKNOWN, 3),
            ("reset", Verdict.UNKNOWN, 0),
            ("lost_answer", Verdict.UNKNOWN, 3),
            ("slow_body", Verdict.UNKNOWN, 3),
            ("unreadable", Verdict.UNKNOWN, 3),
            ("no_id", Verdict.UNKNOWN, 3),
        ],
    )
    def test_every_fault_has_its_verdict(self, sandbox, mailgun, fault, verdict, accepted):
        sandbox.faults({"action": fault, "seconds": 4})
        assert send(mailgun, crowd(3)).verdict is verdict
        assert len(sandbox.journal()) == accepted


@pytest.mark.parametrize(
    ("status", "message", "count", "verdict", "code"),
    [
        (
            400,
            "'to' parameter is not a valid address. please check documentation",
            2,
            "SPLIT",
            "invalid_address",
        ),
        (
            400,
            "to parameter is not a valid address. please check documentation",
            1,
            "REFUSED",
            "invalid_address",
        ),
        (400, "'from' parameter is not a valid address.", 2, "SENDER_REFUSED", "invalid_sender"),
        (400, "Something else", 2, "REFUSED", None),
        (413, "Request Entity Too Large", 2, "SPLIT", "too_large"),
        (413, "Request Entity Too Large", 1, "REFUSED", "too_large"),
        (401, "Forbidden", 2, "PROVIDER_DOWN", None),
        (402, "Payment required", 2, "PROVIDER_DOWN", None),
        (429, "Slow down", 2, "RETRY", None),
        (503, "Try later", 2, "UNKNOWN", None),
    ],
)
def test_what_a_refusal_means(raw_server, status, message, count, verdict, code):
    answer = answered(raw_server, status, json.dumps({"message": message}), count)
    assert (answer.verdict, answer.error_code) == (Verdict[verdict], code)


@pytest.mark.parametrize("body", ["", "<html>", "[]", "null", "{}", '{"id": 7}', '{"id": "<>"}'])
def test_a_success_without_a_readable_id_is_unknown(raw_server, body):
    assert answered(raw_server, 200, body).verdict is Verdict.UNKNOWN


class TestEncoding:
    def form(self, messages):
        return read_form(*encode(messages, SENDER))

    def test_an_address_twice_is_refused(self):
        for again in ("ana@example.org", "ANA@example.org"):
            with pytest.raises(ValueError, match="twice"):
                encode([message(), message(again)], SENDER)

    @pytest.mark.parametrize("address", ["a@example.org,b@example.org", "a@example.org\nBcc: b@example.org"])
    def test_an_address_that_would_become_two_is_refused(self, address):
        with pytest.raises(ValueError, match="two recipients"):
            encode([message(address)], SENDER)

    def test_one_click_has_a_link_for_each_person(self):
        """RFC 8058: both headers, and the link is the person's own."""
        people = [
            replace(one, unsubscribe_url=f"https://boat.example/u/{number}")
            for number, one in enumerate(crowd(2))
        ]
        form = self.form(people)
        assert form["h:List-Unsubscribe"] == ["<%recipient.unsubscribe%>"]
        assert form["h:List-Unsubscribe-Post"] == ["List-Unsubscribe=One-Click"]
        variables = json.loads(form["recipient-variables"][0])
        assert [own["unsubscribe"] for own in variables.values()] == [one.unsubscribe_url for one in people]
        assert "h:List-Unsubscribe" not in self.form(crowd(2))

    def test_options_do_not_grow_with_the_number_of_people(self):
        def size(messages):
            form = self.form(messages)
            return sum(len(name) + len(v) for name, vs in form.items() if name[1] == ":" for v in vs)

        assert size(crowd(1000)) == size(crowd(1)) < 100

    @settings(max_examples=200, deadline=None)
    @given(
        texts=st.lists(
            st.tuples(
                *(
                    st.text(st.characters(exclude_categories=["Cs"]))
                    | st.sampled_from(
                        ["%recipient.text%", "%recipient%", '{"a": 1}', "--x\r\n\r\n", "\\u00e9"]
                    )
                    for _ in range(2)
                )
            ),
            min_size=1,
            max_size=5,
        )
    )
    def test_nobody_gets_another_persons_text_whatever_it_contains(self, texts):
        people = [message(f"p{n}@example.org", *one) for n, one in enumerate(texts)]
        form = self.form(people)
        variables = json.loads(form["recipient-variables"][0])
        for one in people:
            own = variables[one.address]
            got = [filler(form[name][0])(one.address, own) for name in ("text", "subject", "v:attempt")]
            assert got == [one.body, one.subject, str(one.attempt_id)]


class TestWebhooks:
    def hook(self, data, *, at=None, key=KEY, token="token", **changed):
        timestamp = str(int(time.time() if at is None else at))
        signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
        signed = {"timestamp": timestamp, "token": token, "signature": signature} | changed
        return HookRequest("http://x/", {}, json.dumps({"signature": signed, "event-data": data}).encode())

    @pytest.fixture
    def carrier(self):
        return Mailgun("http://x", account(), QUICK)

    def test_the_webhook_of_the_sandbox(self, tmp_path, receiver):
        config = quick_config(tmp_path, hooks=f"{receiver.url}/hooks")
        with running(config) as sandbox:
            carrier = sandbox.mailgun()
            people = crowd(3)
            answer = send(carrier, people)
            eventually(lambda: len(receiver.received) == 3)
        assert all(map(carrier.verify_signature, receiver.received))
        events = [event for hook in receiver.received for event in carrier.read_events(hook)]
        assert {event.attempt_id for event in events} == {one.attempt_id for one in people}
        assert {event.address for event in events} == {one.address for one in people}
        assert len({event.unique_key for event in events}) == 3
        for event in events:
            assert (event.state, event.rank) == (MessageState.DELIVERED, 3)
            assert event.provider_ref == answer.provider_ref
            assert abs(event.occurred_at.timestamp() - time.time()) < 10
        carrier.close()

    @pytest.mark.parametrize(
        ("changed", "good"),
        [
            ({}, True),
            ({"signature": VECTOR.replace("b63c", "b63d")}, False),
            ({"token": TOKEN[:-1]}, False),
            ({"timestamp": str(TIMESTAMP + 1)}, False),
        ],
    )
    def test_a_signature_that_was_computed_elsewhere(self, monkeypatch, changed, good):
        monkeypatch.setattr(time, "time", lambda: TIMESTAMP + 60.0)
        carrier = Mailgun("http://x", account() | {"signing_key": VECTOR_KEY}, QUICK)
        hook = self.hook({}, **({"timestamp": str(TIMESTAMP), "token": TOKEN, "signature": VECTOR} | changed))
        assert carrier.verify_signature(hook) is good

    def test_a_signature_with_another_key_is_refused(self, carrier):
        assert carrier.verify_signature(self.hook({}))
        assert not carrier.verify_signature(self.hook({}, key="another key"))
        assert not carrier.verify_signature(self.hook({}, token="other", signature="0" * 64))
        assert not carrier.verify_signature(self.hook({}, signature="é"))

    def test_while_the_key_is_replaced_webhooks_may_be_signed_with_either(self):
        carrier = Mailgun("http://x", account() | {"signing_key_other": "old"}, QUICK)
        keys = (KEY, "old", "another key")
        assert [carrier.verify_signature(self.hook({}, key=key)) for key in keys] == [True, True, False]

    @pytest.mark.parametrize(
        ("age", "good"), [(0, True), (8 * 3600, True), (10 * 3600, False), (-60, True), (-3600, False)]
    )
    def test_a_signature_is_valid_only_within_mailguns_retry_window(self, carrier, age, good):
        assert carrier.verify_signature(self.hook({}, at=time.time() - age)) is good

    @pytest.mark.parametrize(
        "body", [b"", b"[]", b"{}", b'{"signature": {}}', b'{"signature": {"timestamp": "x"}}', b"\xff"]
    )
    def test_a_body_that_is_not_a_webhook_is_refused(self, carrier, body):
        hook = HookRequest("http://x/", {}, body)
        assert not carrier.verify_signature(hook)
        with pytest.raises(ValueError):
            carrier.read_events(hook)

    def event(self, carrier, kind, **more):
        data = {"id": "e1", "event": kind, "timestamp": 1795224000.5, "recipient": "ana@example.org", **more}
        return carrier.read_events(self.hook(data))[0]

    @pytest.mark.parametrize(("kind", "severity"), sorted(STATES, key=str))
    def test_every_event_in_the_table(self, carrier, kind, severity):
        event = self.event(carrier, kind, **({"severity": severity} if severity else {}))
        assert (event.state, event.rank) == STATES[kind, severity]
        assert (event.unique_key, event.address) == ("e1", "ana@example.org")

    def test_a_temporary_failure_is_not_final(self, carrier):
        event = self.event(carrier, "failed", severity="temporary", **{"delivery-status": {"code": 421}})
        assert (event.state, event.error_code) == (None, "421")
        assert event.rank < self.event(carrier, "delivered").rank

    @pytest.mark.parametrize("kind", ["unsubscribed", "complained"])
    def test_opt_outs_are_about_the_person_and_change_no_state(self, carrier, kind):
        event = self.event(carrier, kind)
        assert (event.opt_out, event.state, event.rank) == (kind, None, 0)

    @pytest.mark.parametrize("kind", ["opened", "clicked", "stored", "something new"])
    def test_other_events_change_no_state(self, carrier, kind):
        event = self.event(carrier, kind)
        assert (event.opt_out, event.state, event.rank) == (None, None, 0)

    @pytest.mark.parametrize(
        ("shown", "read"),
        [("20261121.1@mg.example", "20261121.1@mg.example"), ("<20261121.1@mg.example>", "20261121.1@mg.example"), ("<>", None), (7, None)],
    )  # fmt: skip
    def test_a_reference_is_written_as_in_the_answer(self, carrier, shown, read):
        event = self.event(carrier, "delivered", message={"headers": {"message-id": shown}})
        assert event.provider_ref == read

    def test_our_attempt_comes_back(self, carrier):
        attempt = uuid.uuid4()
        assert (
            self.event(carrier, "delivered", **{"user-variables": {"attempt": str(attempt)}}).attempt_id
            == attempt
        )
        assert self.event(carrier, "delivered", **{"user-variables": {"attempt": "junk"}}).attempt_id is None
        assert self.event(carrier, "delivered", **{"user-variables": None}).attempt_id is None
