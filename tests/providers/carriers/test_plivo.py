"""Plivo: its requests, the meaning of its answers, its callbacks, its list."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from pipelines.domain.sending import HookRequest, Outgoing, Verdict
from pipelines.providers.carriers.base import Declined
from pipelines.providers.carriers.listing import CannotList, Search
from pipelines.providers.carriers.plivo import Plivo
from pipelines.providers.carriers.plivo.callbacks import STATES, is_genuine
from pipelines.states import MessageState
from tests.fixtures_sandbox import QUICK, answering, eventually

SENDER, URL = "+15005550006", "https://boat.example/hooks/plivo?attempt="
FORM = {"MessageUUID": "u-1", "Status": "sent", "To": "33612345678"}


def message(to="+33612345678", body="Hello, see you tomorrow."):
    return Outgoing(uuid.uuid4(), to, body)


def account(auth_id="MA1", token="t"):
    return {"auth_id": auth_id, "auth_token": token}


def send(carrier, one=None, sender=SENDER, callback_url=None):
    return carrier.send([one or message()], channel="sms", sender=sender, callback_url=callback_url)


@pytest.fixture
def plivo(sandbox):
    carrier = sandbox.plivo()
    yield carrier
    carrier.close()


def answered(raw_server, status, body, *headers):
    return send(Plivo(raw_server(answering(status, body, *headers)).url, account(), QUICK))


class TestSending:
    def test_accepted(self, sandbox, plivo):
        one = message(body="Bonjour, à demain € 👋")
        answer = send(plivo, one, callback_url="http://127.0.0.1:9/hooks/plivo")
        (kept,) = sandbox.journal()
        assert (answer.verdict, answer.provider_ref, answer.http_status) == (Verdict.ACCEPTED, kept.id, 202)
        assert (kept.to, kept.sender, kept.content) == (one.address, SENDER, {"body": one.body})
        assert kept.attempt == str(one.attempt_id)

    def test_wrong_credentials_stop_everything(self, sandbox):
        stranger = Plivo(sandbox.url, account(), QUICK)
        assert send(stranger).verdict is Verdict.PROVIDER_DOWN

    def test_a_number_that_is_not_ours_is_not_blamed_on_the_message(self, plivo):
        answer = send(plivo, sender="+15005550007")
        assert (answer.verdict, answer.error_code) == (Verdict.SENDER_REFUSED, "invalid_source")

    @pytest.mark.parametrize("to", ["0612345678", SENDER])
    def test_refused_for_good(self, sandbox, plivo, to):
        answer = send(plivo, message(to))
        assert (answer.verdict, answer.error_code) == (Verdict.REFUSED, "invalid_destination")
        assert sandbox.journal() == []


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
        ("no_credit", Verdict.PROVIDER_DOWN, 0),
    ],
)
def test_every_fault_has_its_verdict_and_nothing_is_sent_twice(sandbox, plivo, fault, verdict, accepted):
    sandbox.faults({"action": fault, "service": "plivo", "seconds": 4})
    answer = send(plivo)
    assert answer.verdict is verdict
    assert len(sandbox.journal()) == accepted
    assert answer.retry_after == (4.0 if verdict is Verdict.RETRY else None)
    sandbox.faults()
    assert send(plivo).verdict is Verdict.ACCEPTED, "the line works again afterwards"


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (400, {"error": {"dst": ["not a valid number"]}}, Verdict.REFUSED),
        (400, {"error": "Insufficient Credit"}, Verdict.PROVIDER_DOWN),
        (400, {"error": "something else"}, Verdict.REFUSED),
        (400, None, Verdict.REFUSED),
        (404, {"error": "not found"}, Verdict.PROVIDER_DOWN),
        (429, {"error": "too many"}, Verdict.RETRY),
        (503, {"error": "dst"}, Verdict.UNKNOWN),
    ],
)
def test_answers_are_classified_by_status_and_text(raw_server, status, body, verdict):
    assert answered(raw_server, status, json.dumps(body)).verdict is verdict


@pytest.mark.parametrize(
    "body",
    ["", "<html>", "[]", "7", "{}", '{"message_uuid": []}', '{"message_uuid": [7]}', '{"message_uuid": "x"}'],
)
def test_a_success_without_a_readable_id_is_unknown(raw_server, body):
    assert answered(raw_server, 202, body).verdict is Verdict.UNKNOWN


INBOUND = {"From": "12125550142", "To": "15005550006", "Text": "STOP", "Type": "sms", "MessageUUID": "u-7"}


def inbound(**changed):
    form = {name: value for name, value in (INBOUND | changed).items() if value is not None}
    url = "https://boat.example/hooks/plivo/replies"
    return Plivo("http://127.0.0.1:9", account(), QUICK).read_replies(
        HookRequest(url, {}, urlencode(form).encode())
    )


class TestReplies:
    def test_an_incoming_message_is_read_and_a_repeat_has_the_same_key(self):
        (reply,) = inbound()
        assert (reply.sender, reply.to[0], reply.body) == ("+12125550142", "+15005550006", "STOP")
        assert reply.unique_key == inbound()[0].unique_key != inbound(MessageUUID="u-8")[0].unique_key

    @pytest.mark.parametrize("code", ["12345", "12345678"])
    def test_a_short_code_keeps_its_form(self, code):
        assert code in inbound(To=code)[0].to

    @pytest.mark.parametrize(
        "changed",
        [{"From": None}, {"To": ""}, {"Text": None}, {"MessageUUID": None}, {"Status": "sent"}],
    )
    def test_anything_else_is_no_reply(self, changed):
        with pytest.raises(ValueError, match="incoming"):
            inbound(**changed)


class TestCallbacks:
    def test_the_sandbox_signs_as_plivo_does(self, plivo, receiver):
        one = message()
        answer = send(plivo, one, callback_url=f"{receiver.url}/hooks/plivo")
        eventually(lambda: len(receiver.received) == 2)
        for hook, state in zip(receiver.received, (MessageState.SENT, MessageState.DELIVERED), strict=True):
            assert plivo.verify_signature(hook)
            assert plivo.one_time(hook) is None, "its signature covers the body"
            (event,) = plivo.read_events(hook)
            assert (event.state, event.error_code) == (state, None)
            assert (event.attempt_id, event.provider_ref) == (one.attempt_id, answer.provider_ref)
            assert event.address == one.address

    def hook(self, headers, url=URL + "1", form=None):
        return HookRequest(url, headers, urlencode(form or FORM).encode())

    @pytest.fixture
    def vectors(self):
        """Computed by hand for the token `t` and the nonce `n`, as plivo-python does in plivo/utils."""
        return {
            "v3": "JhGbdvPzp/u8V1PQmx/PB8j2QvT7mMgjjR3wQyCrPzk=",
            "v2": "0OEPwp2p6YsXPJlQqJeQeefbhDaFLdmcSaF4ADuEWZY=",
        }

    def test_the_signatures_of_plivos_own_library(self, vectors):
        carrier = Plivo("http://x", account(), QUICK)
        for way, signature in vectors.items():
            name = f"x-plivo-signature-{way}"
            assert carrier.verify_signature(self.hook({name: signature, f"{name}-nonce": "n"}))
            several = self.hook({name: f"AAAA,{signature}", f"{name}-nonce": "n"})
            assert carrier.verify_signature(several), "while the token is replaced"
            assert not carrier.verify_signature(self.hook({name: signature, f"{name}-nonce": "m"}))
            assert not carrier.verify_signature(self.hook({name: "AAAA", f"{name}-nonce": "n"}))
        assert not carrier.verify_signature(self.hook({}))

    def test_the_third_way_covers_everything_and_the_second_is_bound_to_one_body(self, vectors):
        carrier = Plivo("http://x", account(), QUICK)
        third = {"x-plivo-signature-v3": vectors["v3"], "x-plivo-signature-v3-nonce": "n"}
        other = FORM | {"Status": "delivered"}
        assert not carrier.verify_signature(self.hook(third, form=other))
        assert not carrier.verify_signature(self.hook(third, url=URL + "2"))
        second = {"x-plivo-signature-v2": vectors["v2"], "x-plivo-signature-v2-nonce": "n"}
        hooks = [self.hook(second), self.hook(second, form=other), self.hook(second, url=URL + "2")]
        assert all(map(carrier.verify_signature, hooks))
        signatures = [carrier.one_time(hook) for hook in hooks]
        assert len({signature.digest for signature in signatures}) == 1
        assert len({signature.body_digest for signature in signatures}) == 3

    def read(self, plivo, url="http://x/hooks/plivo", **form):
        return plivo.read_events(HookRequest(url, {}, urlencode(FORM | form).encode()))[0]

    @pytest.mark.parametrize("status", sorted(STATES))
    def test_every_status_in_the_table(self, plivo, status):
        event = self.read(plivo, Status=status)
        assert (event.state, event.rank) == STATES[status]

    def test_an_unknown_status_is_kept_and_changes_nothing(self, plivo):
        event = self.read(plivo, Status="teleported")
        assert (event.state, event.rank) == (None, 0)

    def test_errors_and_opt_outs(self, plivo):
        event = self.read(plivo, Status="undelivered", ErrorCode="80")
        assert (event.error_code, event.opt_out) == ("80", None)
        event = self.read(plivo, Status="failed", ErrorCode="200")
        assert (event.error_code, event.opt_out) == ("200", "stop")
        assert self.read(plivo, Status="delivered", ErrorCode="000").error_code is None

    def test_the_parts_of_a_long_message_have_its_reference(self, plivo):
        assert self.read(plivo, MessageUUID="u-2", ParentMessageUUID="u-1").provider_ref == "u-1"

    def test_only_identical_callbacks_have_the_same_key(self, plivo):
        keys = [self.read(plivo, Status=status).unique_key for status in ("sent", "sent", "delivered")]
        assert keys[0] == keys[1] != keys[2]

    @pytest.mark.parametrize("body", [b"", b"MessageUUID=1", b"Status=sent", b"\xff\xfe", b"{}"])
    def test_a_body_that_is_not_a_status_callback_is_refused(self, plivo, body):
        with pytest.raises(ValueError, match="callback"):
            plivo.read_events(HookRequest("http://x/", {}, body))


class TestList:
    def search(self, to="+33612345678", sender=SENDER, hours=1):
        now = datetime.now(UTC)
        return Search(sender, (to,), now - timedelta(hours=hours), now + timedelta(minutes=1))

    def test_what_was_accepted_is_listed_without_its_text(self, plivo):
        answers = [send(plivo) for _ in range(21)]
        send(plivo, message("+33612345679"))
        send(plivo, sender="12345")
        listing = eventually(lambda: len((found := plivo.find(self.search())).messages) == 21 and found)
        assert listing.complete
        assert {one.event.provider_ref for one in listing.messages} == {one.provider_ref for one in answers}
        assert {(one.body, one.event.address) for one in listing.messages} == {(None, "+33612345678")}
        assert plivo.find(self.search(to="+33612345670")).messages == []

    @pytest.mark.parametrize("sender", ["12345", "1234567", "12345678", "CLINIC", SENDER])
    def test_what_any_kind_of_sender_sent_is_listed(self, plivo, sender):
        answer = send(plivo, sender=sender)
        listing = eventually(lambda: (found := plivo.find(self.search(sender=sender))).messages and found)
        assert [one.event.provider_ref for one in listing.messages] == [answer.provider_ref]

    def test_a_call_without_a_known_sender_is_not_looked_for(self, plivo):
        send(plivo)
        with pytest.raises(CannotList):
            plivo.find(self.search(sender=""))

    def test_a_message_reports_its_state(self, plivo):
        reference = send(plivo, message("+15005550010")).provider_ref

        def undelivered():
            try:
                (event,) = plivo.report(reference)
            except Declined:
                return None  # not in the index yet
            return event if event.state is MessageState.UNDELIVERED else None

        assert eventually(undelivered).error_code == "80"

    @pytest.mark.parametrize(
        "body",
        [
            "",
            "[]",
            "{}",
            '{"objects": 7}',
            '{"objects": [7]}',
            '{"objects": [{"message_direction": "outbound", "from_number": "15005550006"}]}',
        ],
    )
    def test_a_list_that_cannot_be_read_is_an_error_and_never_empty(self, raw_server, body):
        carrier = Plivo(raw_server(answering(200, body)).url, account(), QUICK)
        with pytest.raises(ValueError):
            carrier.find(self.search())


@pytest.mark.parametrize(("token", "genuine"), [("my_auth_token", True), ("my_auth_tokens", False)])
def test_the_example_of_plivos_own_library(token, genuine):
    """plivo-python tests/resources/test_signature.py"""
    headers = {
        "x-plivo-signature-v2": "ehV3IKhLysWBxC1sy8INm0qGoQYdYsHwuoKjsX7FsXc=",
        "x-plivo-signature-v2-nonce": "12345",
    }
    assert is_genuine(HookRequest("https://answer.url", headers, b""), token) is genuine
