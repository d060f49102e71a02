"""Twilio's status callbacks: their form, their codes, their signature."""

from urllib.parse import parse_qs

from pipelines.sandbox.config import SandboxConfig
from pipelines.sandbox.journal import Accepted
from pipelines.sandbox.twilio.service import Twilio, signature
from tests.fixtures_sandbox import SECRETS
from tests.sandbox.calling import SENDER, send, settled


def test_callbacks_report_sent_then_delivered(sandbox, receiver):
    (one,) = send(sandbox, receiver)
    assert settled(sandbox, receiver, 2) == ["sent", "delivered"]
    for hook in receiver.received:
        form = {name: values[0] for name, values in parse_qs(hook.body.decode()).items()}
        assert form["SmsStatus"] == form["MessageStatus"]
        assert form["MessageSid"] == form["SmsSid"] == sandbox.journal()[0].id
        assert (form["To"], form["From"]) == (one.address, SENDER)
        assert form["AccountSid"] == SECRETS["twilio_account_sid"]
        assert hook.url.endswith(f"?attempt={one.attempt_id}")
        expected = signature(SECRETS["twilio_auth_token"], hook.url, form)
        assert hook.headers["x-twilio-signature"] == expected


def test_an_undelivered_message_has_its_code(sandbox, receiver):
    send(sandbox, receiver, "+15005550011")
    assert settled(sandbox, receiver, 2) == ["sent", "undelivered"]
    assert parse_qs(receiver.received[1].body.decode())["ErrorCode"] == ["30005"]


def test_a_message_whose_validity_ends_in_the_queue_is_not_sent(tmp_path):
    """Nothing waits in the sandbox's queue for a second, so the pace is that of a slow sender."""
    config = SandboxConfig(folder=tmp_path, pace=100.0, secrets=SECRETS)
    one = Accepted("SM1", "twilio", "sms", 1_000.0, "+1", SENDER, {"body": "x"}, "delivered")
    short, long = ({"body": "x", "validity": seconds} for seconds in (20, 40))
    twilio = Twilio(config)
    assert [change.state for change in twilio.changes(one)] == ["sent", "delivered"]
    assert twilio.changes(one._replace(content=short)) == [("failed", 1_020.0, 30036)]
    assert twilio.changes(one._replace(content=long)) == twilio.changes(one)


def test_a_signature_from_twilios_documentation():
    """Computed by hand from the security page, not with the library."""
    form = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234"}
    form |= {"From": "+14158675309", "To": "+18005551212"}
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert signature("12345", url, form) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
