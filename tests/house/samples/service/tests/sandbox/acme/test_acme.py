"""Acme answers, reports and is shown in the inbox, from its folder alone."""

import hashlib
import hmac
import json

import requests

from tests.fixtures_sandbox import SECRETS, eventually


def test_a_service_needs_only_its_folder(sandbox, receiver):
    url = sandbox.url
    page = {"to": "4711", "from": "Quay", "text": "Come <now>", "report_to": f"{receiver.url}/hooks/acme"}
    signed_in = {"Authorization": f"Bearer {SECRETS['acme_token']}"}

    def send(**changed):
        return requests.post(f"{url}/acme/pages", json=page | changed, headers=signed_in, timeout=5)

    accepted = send()
    assert accepted.status_code == 202
    listed = requests.get(f"{url}/sandbox/messages", params={"service": "acme"}, timeout=5).json()
    (kept,) = listed["messages"]
    assert (kept["id"], kept["channel"], kept["to"]) == (accepted.json()["page"], "push", "4711")
    assert kept["content"] == {"text": "Come <now>"}

    (hook,) = eventually(lambda: receiver.received)
    expected = hmac.new(SECRETS["acme_signing_key"].encode(), hook.body, hashlib.sha256).hexdigest()
    assert hook.headers["x-acme-signature"] == expected
    assert json.loads(hook.body) == {"page": kept["id"], "state": "beeped", "code": None}

    inbox = requests.get(url, timeout=5).text
    for words in ("Pager", "4711", "Come &lt;now&gt;", "beeped", "on strike", "the pager is off"):
        assert words in inbox
    eventually(lambda: "answered 204" in requests.get(url, params={"to": "4711"}, timeout=5).text)

    rules = [{"action": "strike", "count": 1}, {"action": "fate", "fate": "off"}]
    requests.post(f"{url}/sandbox/faults", json=rules, timeout=5).raise_for_status()
    assert send().json() == {"reason": "strike"}
    assert send().status_code == 202
    eventually(lambda: json.loads(receiver.received[-1].body)["code"] == 7)
    signed_in["Authorization"] = "Bearer nobody"
    assert send().status_code == 401
