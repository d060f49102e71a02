"""Classifying answers, reading waits, and keeping personal data out of logs."""

import uuid
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from pipelines.domain.sending import Answer, Outgoing, Verdict
from pipelines.providers.carriers.base import as_uuid
from pipelines.providers.carriers.reported import storable
from pipelines.providers.carriers.retry_after import retry_after
from pipelines.providers.carriers.statuses import verdict_of
from pipelines.providers.carriers.twilio import Twilio
from tests.fixtures_sandbox import QUICK, SECRETS, answering

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PERSON = Outgoing(
    uuid.uuid4(), "+33612345678", "Hello Zebulon, it is about your tooth.", "Zebulon", {"note": "Zebulon"}
)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.PROVIDER_DOWN),
        (301, Verdict.PROVIDER_DOWN),
        (400, Verdict.REFUSED),
        (401, Verdict.PROVIDER_DOWN),
        (402, Verdict.PROVIDER_DOWN),
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
        (999, Verdict.UNKNOWN),
    ],
)
def test_the_verdict_for_a_status(status, verdict):
    assert verdict_of(status) is verdict


def test_every_unsuccessful_status_has_a_verdict():
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
        ({"Retry-After": "Sat, 21 Nov 2026 12:00:30 -0000"}, 30.0),
        ({"Retry-After": "Sat, 21 Nov 2026 13:00:30 +0100"}, 30.0),
        ({"Retry-After": "Sat, 21 Nov 2099 12:00:30 GMT"}, 86_400.0),
        ({"Retry-After": "Sat, 21 Nov 99999 12:00:30 GMT"}, None),
        ({"Retry-After": "99999999999999"}, 86_400.0),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "-inf"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": ""}, None),
        ({"X-RateLimit-Reset": "9" * 5_000}, None),
        ({"Retry-After": "5", "X-RateLimit-Reset": "9999999999"}, 5.0),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 40)}, 40.0),
        ({"X-RateLimit-Reset": str((int(NOW.timestamp()) + 40) * 1000)}, 40.0),
        ({"X-RateLimit-Reset": "never"}, None),
    ],
)
def test_how_long_to_wait(headers, seconds):
    assert retry_after(headers, NOW) == seconds


@pytest.mark.parametrize("text", ["SM\0", "SM\ud800", "SM\n", "x" * 600])
def test_what_the_database_cannot_hold_is_left_out_of_an_answer(text):
    answer = Answer(Verdict.ACCEPTED, provider_ref=text, http_status=201, error_code=text, segments=40_000)
    assert storable(answer) == Answer(Verdict.ACCEPTED, http_status=201)


def test_no_segments_are_not_counted_yet():
    assert storable(Answer(Verdict.ACCEPTED, segments=0)).segments is None


def test_an_ordinary_answer_is_stored_as_it_is():
    answer = Answer(
        Verdict.REFUSED,
        provider_ref="<2026.ab@mail.example>",
        error_code="21211",
        segments=3,
        retry_after=2.0,
    )
    assert storable(answer) == answer


def test_an_attempts_id_is_untrusted_input():
    attempt = uuid.uuid4()
    assert as_uuid(str(attempt)) == attempt
    for junk in ("", "x", "' or 1=1", "1" * 4000):
        assert as_uuid(junk) is None


class TestSend:
    def test_a_batch_of_the_wrong_size_is_not_sent(self, sandbox):
        for count in (0, 2):
            with pytest.raises(ValueError, match="1 to 1 messages"):
                sandbox.twilio().send(
                    [PERSON] * count, channel="sms", sender="+15005550006", callback_url=None
                )
        assert sandbox.journal() == []

    @pytest.mark.parametrize("provider", ["twilio", "mailgun"])
    @pytest.mark.parametrize(
        "fault",
        [None, "too_many", "error_before", "error_after", "lost_answer", "unreadable", "no_id", "slow_body"],
    )
    def test_a_log_line_has_no_personal_data(self, sandbox, provider, fault):
        if fault:
            sandbox.faults({"action": fault, "seconds": 3})
        person = PERSON if provider == "twilio" else PERSON.__class__(**self.mailed())
        carrier = getattr(sandbox, provider)()
        with capture_logs() as lines:
            answer = carrier.send([person], channel="any", sender="a@b.example", callback_url=sandbox.url)
        carrier.close()
        assert [line["event"] for line in lines] == ["provider_call"]
        assert lines[0]["verdict"] == answer.verdict.value
        assert lines[0]["log_level"] == ("debug" if answer.verdict is Verdict.ACCEPTED else "warning")
        log = repr(lines)
        for secret in (
            "33612345678",
            "zebulon@",
            "Zebulon",
            "tooth",
            "-for-tests",
            SECRETS["twilio_account_sid"],
        ):
            assert secret not in log

    def mailed(self):
        return {name: getattr(PERSON, name) for name in ("attempt_id", "body", "subject", "parts")} | {
            "address": "zebulon@example.org"
        }

    def test_an_unreachable_provider_means_retry(self):
        carrier = Twilio("http://127.0.0.1:9", {"account_sid": "AC1", "auth_token": "t"}, QUICK)
        answer = carrier.send([PERSON], channel="sms", sender="+15005550006", callback_url=None)
        assert (answer.verdict, answer.http_status) == (Verdict.RETRY, None)

    def test_only_a_retry_carries_a_wait(self, raw_server):
        for status, wait in ((429, 9.0), (500, None), (400, None)):
            server = raw_server(answering(status, "{}", "Retry-After: 9"))
            answer = Twilio(server.url, {"account_sid": "AC1", "auth_token": "t"}, QUICK).send(
                [PERSON], channel="sms", sender="+15005550006", callback_url=None
            )
            assert answer.retry_after == wait
