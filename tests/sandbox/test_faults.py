"""Fault scripts: which requests they hit, how often, reproducibly."""

import json
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sandbox.config import SandboxConfig
from pipelines.sandbox.faults import Faults
from pipelines.sandbox.journal import Accepted
from pipelines.sandbox.services import open_services
from tests.fixtures_sandbox import SECRETS

SERVICES = open_services(SandboxConfig(Path("unused"), SECRETS))


def script(*rules):
    faults = Faults(SERVICES)
    faults.replace(json.dumps(rules).encode())
    return faults


def call(*people, service="twilio", channel="sms"):
    return [Accepted("1", service, channel, 0.0, to, "us", {}, "delivered") for to in people]


def hits(faults, count, to="+33612345678", **where):
    return [bool(faults.hits(call(to, **where))) for _ in range(count)]


def test_a_rule_hits_everything():
    assert hits(script({"action": "lost_answer"}), 3) == [True] * 3


def test_by_channel():
    faults = script({"action": "lost_answer", "channel": "email"})
    assert hits(faults, 1) == [False]
    assert hits(faults, 1, service="mailgun", channel="email") == [True]


def test_by_service():
    faults = script({"action": "lost_answer", "service": "mailgun"})
    assert hits(faults, 1) == [False]
    assert hits(faults, 1, service="mailgun") == [True]


def test_a_fault_or_fate_of_one_service_hits_no_other():
    for rule in ({"action": "queue_full"}, {"action": "fate", "fate": "filtered"}):
        assert hits(script(rule), 1) == [True]
        assert hits(script(rule), 1, service="mailgun") == [False]


def test_by_number_any_of_a_batch():
    faults = script({"action": "lost_answer", "to": "78$"})
    assert faults.hits(call("+33612345678"))
    assert not faults.hits(call("+33612345679"))
    assert faults.hits(call("a@x.example", "b78", service="mailgun", channel="email"))


def test_only_the_nth_and_no_more_than_count():
    assert hits(script({"action": "reset", "nth": 3}), 5) == [False, False, True, False, False]
    assert hits(script({"action": "reset", "count": 2}), 4) == [True, True, False, False]


def test_nth_counts_only_requests_that_otherwise_match():
    faults = script({"action": "reset", "nth": 2, "to": "7$"})
    assert [bool(faults.hits(call(to))) for to in ("+1", "+7", "+1", "+7")] == [False, False, False, True]


@given(st.integers(0, 1000))
def test_a_probability_is_reproducible_with_a_seed(seed):
    rule = {"action": "reset", "probability": 0.5, "seed": seed}
    assert hits(script(rule), 50) == hits(script(rule), 50)


def test_a_probability_is_about_right():
    assert 200 < sum(hits(script({"action": "reset", "probability": 0.25, "seed": 4}), 1000)) < 300


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"{}",
        b'[{"action": "explode"}]',
        b"[{}]",
        b'[{"action": "reset", "colour": "red"}]',
        b'[{"action": "reset", "to": "("}]',
        b'[{"action": "reset", "probability": 2}]',
        b'[{"action": "reset", "nth": 0}]',
        b'[{"action": "reset", "service": "pigeon"}]',
        b'[{"action": "queue_full", "service": "mailgun"}]',
        b'[{"action": "fate"}]',
        b'[{"action": "fate", "fate": "eaten"}]',
    ],
)
def test_a_wrong_script_is_refused_and_the_old_one_is_kept(sandbox, wrong):
    sandbox.faults({"action": "too_many", "seconds": 3})
    refused = requests.post(sandbox.url + "/sandbox/faults", data=wrong, timeout=5)
    assert refused.status_code == 400
    assert refused.text
    assert [rule["action"] for rule in requests.get(sandbox.url + "/sandbox/faults", timeout=5).json()] == [
        "too_many"
    ]


def test_the_script_reports_its_hits(sandbox):
    sandbox.faults({"action": "too_many", "count": 1})
    account = SECRETS["twilio_account_sid"]
    for status in (429, 201):
        made = requests.post(
            f"{sandbox.url}/2010-04-01/Accounts/{account}/Messages.json",
            data={"To": "+33612345678", "From": "+15005550006", "Body": "x"},
            auth=(account, SECRETS["twilio_auth_token"]),
            timeout=5,
        )
        assert made.status_code == status
        if status == 429:
            assert made.headers["retry-after"] == "1"
    report = requests.get(sandbox.url + "/sandbox/faults", timeout=5).json()
    assert report == [{"action": "too_many", "count": 1, "seen": 2, "hits": 1}]
    assert requests.delete(sandbox.url + "/sandbox/faults", timeout=5).json() == []
