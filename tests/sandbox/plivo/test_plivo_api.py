"""The sandbox answers as api.plivo.com does, and signs its callbacks in both ways."""

from urllib.parse import parse_qs

import pytest
import requests

from pipelines.sandbox.plivo.service import signature_v2, signature_v3
from tests.fixtures_sandbox import SECRETS, eventually

ID, TOKEN = SECRETS["plivo_auth_id"], SECRETS["plivo_auth_token"]
GOOD = {"src": "+15005550006", "dst": "+33612345678", "text": "Hello"}


@pytest.fixture
def api(sandbox):
    """Calls the account's paths with the account's credentials."""

    def call(method, path="", auth=(ID, TOKEN), account=ID, **more):
        url = f"{sandbox.url}/v1/Account/{account}/Message/{path}"
        return requests.request(method, url, auth=auth, timeout=5, **more)

    return call


def test_a_message_is_queued_under_a_uuid(api, sandbox):
    made = api("POST", json=GOOD)
    assert made.status_code == 202
    assert made.json()["message"] == "message(s) queued"
    (kept,) = sandbox.journal()
    assert made.json()["message_uuid"] == [kept.id]
    assert (kept.to, kept.sender, kept.content) == (GOOD["dst"], GOOD["src"], {"body": "Hello"})


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"src": ""}, "src parameter"),
        ({"dst": None}, "dst parameter"),
        ({"text": ""}, "text parameter"),
        ({"dst": "0612345678"}, "dst is not a valid"),
        ({"dst": GOOD["src"]}, "src and dst cannot be same"),
        ({"src": "+15005550007"}, "src number is not associated"),
        ({"text": "x" * 1601}, "too long"),
    ],
)
def test_what_plivo_refuses(api, sandbox, changed, says):
    refused = api("POST", json=GOOD | changed)
    assert refused.status_code == 400
    assert says in refused.json()["error"]
    assert sandbox.journal() == []


def test_only_the_account_itself_may_send(api, sandbox):
    assert api("POST", json=GOOD, auth=(ID, "wrong")).status_code == 401
    assert api("POST", json=GOOD, account="MA1").status_code == 404
    assert api("POST", data=b"{").status_code == 400
    assert sandbox.journal() == []


def test_a_message_can_be_read_and_listed_without_its_text(api):
    references = [api("POST", json=GOOD).json()["message_uuid"][0] for _ in range(22)]
    one = eventually(lambda: (found := api("GET", f"{references[0]}/")).ok and found.json())
    assert (one["to_number"], one["from_number"], one["units"]) == ("33612345678", "15005550006", 1)
    assert "text" not in one
    first = eventually(lambda: len((page := api("GET").json())["objects"]) == 20 and page)
    assert first["meta"]["next"].endswith("limit=20&offset=20")
    second = eventually(
        lambda: len((page := api("GET", params={"offset": 20}).json())["objects"]) == 2 and page
    )
    assert second["meta"]["next"] is None
    listed = {one["message_uuid"] for one in first["objects"] + second["objects"]}
    assert listed == set(references)
    assert api("GET", params={"to_number": "33612345679"}).json()["objects"] == []
    assert api("GET", params={"message_time__gte": "2999-01-01 00:00:00"}).json()["objects"] == []
    assert api("GET", params={"limit": "x"}).status_code == 400
    assert api("GET", "nothing/").status_code == 404


def test_callbacks_report_sent_then_delivered_with_both_signatures(api, receiver):
    url = f"{receiver.url}/hooks/plivo?attempt=1&b=2"
    api("POST", json=GOOD | {"url": url, "method": "POST"})
    eventually(lambda: len(receiver.received) == 2)
    for hook, state in zip(receiver.received, ("sent", "delivered"), strict=True):
        form = {name: values[0] for name, values in parse_qs(hook.body.decode()).items()}
        assert (form["Status"], form["To"]) == (state, "33612345678")
        assert form["MessageUUID"] == form["ParentMessageUUID"]
        nonce = hook.headers["x-plivo-signature-v3-nonce"]
        assert hook.headers["x-plivo-signature-v3"] == signature_v3(TOKEN, url, form, nonce)
        assert hook.headers["x-plivo-signature-v2"] == signature_v2(TOKEN, url, nonce)


def test_a_number_that_cannot_be_reached_has_its_code(api, receiver):
    api("POST", json=GOOD | {"dst": "+15005550010", "url": f"{receiver.url}/hooks/plivo"})
    eventually(lambda: len(receiver.received) == 2)
    assert parse_qs(receiver.received[1].body.decode())["ErrorCode"] == ["80"]
