"""Answers put into classes, waits read, credentials found, and no word about a person in a log."""

import uuid
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from pipelines.domain.sending import Outgoing, Verdict
from pipelines.errors import SettingsError
from pipelines.providers.base import as_uuid, base_and_credentials, retry_after, verdict_of
from pipelines.providers.twilio import Twilio, TwilioAccount
from pipelines.settings import Settings
from tests.fixtures_sandbox import QUICK, SECRETS, answering

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PERSON = Outgoing(
    uuid.uuid4(), "+33612345678", "Hello Zebulon, it is about your tooth.", "Zebulon", "<b>Zebulon</b>"
)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (301, Verdict.PROVIDER_DOWN),
        (400, Verdict.REFUSED),
        (401, Verdict.PROVIDER_DOWN),
        (403, Verdict.PROVIDER_DOWN),
        (404, Verdict.PROVIDER_DOWN),
        (405, Verdict.PROVIDER_DOWN),
        (408, Verdict.UNKNOWN),
        (413, Verdict.REFUSED),
        (422, Verdict.REFUSED),
        (429, Verdict.RETRY),
        (500, Verdict.UNKNOWN),
        (502, Verdict.UNKNOWN),
        (503, Verdict.UNKNOWN),
        (504, Verdict.UNKNOWN),
    ],
)
def test_the_class_of_a_status(status, verdict):
    assert verdict_of(status) is verdict


def test_every_unsuccessful_status_has_a_class():
    for status in [*range(300, 600)]:
        assert verdict_of(status) is not Verdict.ACCEPTED


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "Sat, 21 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"Retry-After": "Sat, 21 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "5", "X-RateLimit-Reset": "9999999999"}, 5.0),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 40)}, 40.0),
        ({"X-RateLimit-Reset": str((int(NOW.timestamp()) + 40) * 1000)}, 40.0),
        ({"X-RateLimit-Reset": "never"}, None),
    ],
)
def test_how_long_to_wait(headers, seconds):
    assert retry_after(headers, NOW) == seconds


def test_an_attempt_from_outside_may_be_anything():
    known = uuid.uuid4()
    assert as_uuid(str(known)) == known
    for junk in ("", "x", "' or 1=1", "1" * 4000):
        assert as_uuid(junk) is None


class TestWhereAndWho:
    WANTED = ("account_sid", "auth_token")

    def found(self, secrets=SECRETS, **values):
        settings = Settings(_env_file=None, **values)
        return base_and_credentials("twilio", self.WANTED, settings, secrets)

    def test_nothing_set_is_the_sandbox_with_the_generated_secrets(self):
        url, known = self.found(sandbox_port=8071)
        assert url == "http://127.0.0.1:8071"
        assert known == {"account_sid": SECRETS["twilio_account_sid"], "auth_token": "a-token-for-tests"}

    def test_a_sandbox_elsewhere(self):
        url, known = self.found(twilio_base_url="http://sandbox:8071")
        assert (url, known["auth_token"]) == ("http://sandbox:8071", "a-token-for-tests")

    def test_the_real_service(self):
        url, known = self.found(
            twilio_base_url="https://api.twilio.com", twilio_account_sid="AC1", twilio_auth_token="mine"
        )
        assert (url, known) == ("https://api.twilio.com", {"account_sid": "AC1", "auth_token": "mine"})

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"twilio_account_sid": "AC1", "twilio_auth_token": "mine"}, "PACKETBOAT_TWILIO_BASE_URL"),
            (
                {"twilio_base_url": "https://api.twilio.com", "twilio_account_sid": "AC1"},
                "PACKETBOAT_TWILIO_AUTH_TOKEN",
            ),
            ({"twilio_base_url": "https://api.twilio.com"}, "PACKETBOAT_TWILIO_ACCOUNT_SID"),
        ],
        ids=["no address", "no token", "no credentials"],
    )
    def test_half_a_configuration_sends_nothing(self, values, said):
        with pytest.raises(SettingsError, match=said) as caught:
            self.found(**values)
        assert "mine" not in str(caught.value)

    def test_secrets_that_are_not_there(self):
        with pytest.raises(SettingsError, match="twilio_auth_token"):
            self.found(secrets={"twilio_account_sid": "AC1"})


class TestSend:
    def test_a_batch_of_the_wrong_size_is_not_sent(self, sandbox):
        for count in (0, 2):
            with pytest.raises(ValueError, match="1 to 1 messages"):
                sandbox.twilio().send([PERSON] * count, sender="+15005550006", callback_url=None)
        assert sandbox.journal() == []

    @pytest.mark.parametrize("provider", ["twilio", "mailgun"])
    @pytest.mark.parametrize(
        "fault",
        [None, "too_many", "error_before", "error_after", "lost_answer", "unreadable", "no_id", "slow_body"],
    )
    def test_a_log_line_knows_nothing_of_the_person(self, sandbox, provider, fault):
        if fault:
            sandbox.faults({"action": fault, "seconds": 3})
        person = PERSON if provider == "twilio" else PERSON.__class__(**self.mailed())
        carrier = getattr(sandbox, provider)()
        with capture_logs() as lines:
            answer = carrier.send([person], sender="a@b.example", callback_url=sandbox.url)
        carrier.close()
        assert [line["event"] for line in lines] == ["provider_call"]
        assert lines[0]["verdict"] == answer.verdict.value
        assert lines[0]["log_level"] == ("debug" if answer.verdict is Verdict.ACCEPTED else "warning")
        told = repr(lines)
        for secret in ("33612345678", "zebulon@", "Zebulon", "tooth", "a-token-for-tests", "key-for-tests"):
            assert secret not in told

    def mailed(self):
        return {name: getattr(PERSON, name) for name in ("attempt_id", "body", "subject", "html")} | {
            "address": "zebulon@example.org"
        }

    def test_nobody_there(self):
        carrier = Twilio("http://127.0.0.1:9", TwilioAccount("AC1", "t"), QUICK)
        answer = carrier.send([PERSON], sender="+15005550006", callback_url=None)
        assert (answer.verdict, answer.http_status) == (Verdict.RETRY, None)

    def test_only_a_retry_carries_a_wait(self, raw_server):
        for status, wait in ((429, 9.0), (500, None), (400, None)):
            server = raw_server(answering(status, "{}", "Retry-After: 9"))
            answer = Twilio(server.url, TwilioAccount("AC1", "t"), QUICK).send(
                [PERSON], sender="+15005550006", callback_url=None
            )
            assert answer.retry_after == wait
