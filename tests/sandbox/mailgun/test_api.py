"""The sandbox answers as api.mailgun.net does."""

import json
import time

import pytest
import requests

from pipelines.sandbox.mailgun.variables import filler
from tests.fixtures_sandbox import SECRETS, eventually

DOMAIN, KEY = SECRETS["mailgun_domain"], SECRETS["mailgun_api_key"]
GOOD = {"from": "Clinic <a@clinic.example>", "to": "ana@example.org", "subject": "S", "text": "T"}


@pytest.fixture
def api(sandbox):
    session = requests.Session()

    def call(method, path, auth=("api", KEY), domain=DOMAIN, **more):
        return session.request(method, f"{sandbox.url}/v3/{domain}/{path}", auth=auth, timeout=5, **more)

    yield call
    session.close()


def test_an_address_receives_the_message(api, sandbox):
    answer = api("POST", "messages", data=GOOD)
    (kept,) = sandbox.journal()
    assert answer.status_code == 200
    assert answer.json() == {"id": f"<{kept.id}>", "message": "Queued. Thank you."}
    assert (kept.service, kept.channel, kept.to) == ("mailgun", "email", "ana@example.org")
    assert kept.content == {"body": "T", "subject": "S"}


def test_both_forms_and_repeated_fields(api, sandbox):
    several = {"to": ["ana@example.org, Bob <bob@example.org>", "cy@example.org"]}
    assert api("POST", "messages", data=GOOD | several).ok
    assert api("POST", "messages", data=GOOD, files={"html": (None, "<p>é</p>")}).ok
    kept = sandbox.journal()
    assert [one.to for one in kept[:3]] == ["ana@example.org", "bob@example.org", "cy@example.org"]
    assert kept[3].content["html"] == "<p>é</p>"


def test_the_same_address_twice_is_one_recipient(api, sandbox):
    """This is why addresses must be unique in a call."""
    assert api("POST", "messages", data=GOOD | {"to": "ana@example.org, ana@example.org"}).ok
    assert len(sandbox.journal()) == 1


def test_recipient_variables(api, sandbox):
    variables = {"ana@example.org": {"n": 7, "who": "Ana"}, "bob@example.org": {"who": "%recipient.n%"}}
    form = {
        "to": "ana@example.org, bob@example.org",
        "subject": "For %recipient.who%",
        "text": "%recipient.who% %recipient.n% 100% %recipient%",
        "v:attempt": "%recipient.n%",
        "recipient-variables": json.dumps(variables),
    }
    assert api("POST", "messages", data=GOOD | form).ok
    ana, bob = sandbox.journal()
    assert ana.content == {"body": "Ana 7 100% ana@example.org", "subject": "For Ana"}
    assert ana.attempt == "7"
    assert bob.content["body"] == "%recipient.n% %recipient.n% 100% bob@example.org", (
        "filled once, unknown names stay"
    )


def test_a_template_that_is_only_a_placeholder():
    fill = filler("%recipient.text%")
    assert fill("a@b.example", {"text": "%recipient.text%"}) == "%recipient.text%"
    assert fill("a@b.example", {}) == "%recipient.text%"
    assert filler("%recipient%")("a@b.example", {}) == "a@b.example"


@pytest.mark.parametrize(
    ("changed", "status", "message"),
    [
        ({"to": "nonsense"}, 400, "'to' parameter is not a valid address"),
        ({"to": ""}, 400, "'to' parameter is not a valid address"),
        ({"to": "ana@example.org, bob@"}, 400, "'to' parameter is not a valid address"),
        ({"from": "nobody"}, 400, "'from' parameter is not a valid address"),
        ({"text": ""}, 400, "Need at least one of"),
        ({"recipient-variables": "{"}, 400, "not valid JSON"),
        ({"recipient-variables": "[]"}, 400, "dictionary"),
        ({"to": ", ".join(f"p{n}@example.org" for n in range(1001))}, 400, "too many recipients"),
        ({"v:a": "x" * 9000, "o:b": "x" * 9000}, 400, "16KB"),
    ],
)
def test_what_mailgun_refuses(api, sandbox, changed, status, message):
    refused = api("POST", "messages", data=GOOD | changed)
    assert refused.status_code == status
    assert message in refused.json()["message"]
    assert sandbox.journal() == []


def test_a_body_over_25_megabytes(api):
    assert api("POST", "messages", data=b"x" * (25 * 1024 * 1024 + 1)).status_code == 413


def test_without_the_key_nothing_is_revealed(api):
    for path in ("messages", "events"):
        method = "POST" if path == "messages" else "GET"
        assert api(method, path, auth=("api", "wrong"), data=GOOD).status_code == 401
        assert api(method, path, domain="other.example", data=GOOD).status_code == 404


def test_a_domain_that_may_not_send(api, sandbox):
    sandbox.faults({"action": "not_allowed"})
    assert api("POST", "messages", data=GOOD).status_code == 403
    assert sandbox.journal() == []


class TestEvents:
    @pytest.fixture(autouse=True)
    def some(self, api):
        for to in (
            "ana@example.org",
            "bounce+1@example.org",
            "soft-bounce@example.org",
            "complain@example.org",
        ):
            api("POST", "messages", data=GOOD | {"to": to, "v:attempt": to[0]})
        eventually(lambda: len(self.events(api)) == 10)

    def events(self, api, **query):
        return api("GET", "events", params={"limit": 300, **query}).json()["items"]

    def kinds(self, api, **query):
        return [(one["recipient"].split("@")[0], one["event"]) for one in self.events(api, **query)]

    def test_all_events(self, api):
        assert sorted(self.kinds(api)) == [
            ("ana", "accepted"),
            ("ana", "delivered"),
            ("bounce+1", "accepted"),
            ("bounce+1", "failed"),
            ("complain", "accepted"),
            ("complain", "complained"),
            ("complain", "delivered"),
            ("soft-bounce", "accepted"),
            ("soft-bounce", "delivered"),
            ("soft-bounce", "failed"),
        ]
        times = [one["timestamp"] for one in self.events(api, ascending="yes")]
        assert times == sorted(times)

    def test_filters(self, api, sandbox):
        assert self.kinds(api, event="complained") == [("complain", "complained")]
        assert self.kinds(api, severity="permanent") == [("bounce+1", "failed")]
        assert len(self.events(api, recipient="ana@example.org")) == 2
        assert len(self.events(api, **{"message-id": sandbox.journal()[0].id})) == 2
        assert self.events(api, begin=str(time.time() + 60)) == []
        assert self.events(api, end="Thu, 01 Jan 2026 00:00:00 -0000") == []

    def test_an_event_carries_our_attempt(self, api):
        (event,) = self.events(api, event="complained")
        assert event["user-variables"] == {"attempt": "c"}
        assert {"id", "timestamp", "recipient", "message"} <= event.keys()

    def test_pages(self, api):
        seen, url = [], None
        for _ in range(6):
            page = (
                requests.get(url, auth=("api", KEY), timeout=5) if url else api("GET", "events?limit=2")
            ).json()
            seen += page["items"]
            url = page["paging"]["next"]
            if not page["items"]:
                break
        assert len({one["id"] for one in seen}) == len(seen) == 10
