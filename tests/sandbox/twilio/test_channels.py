"""WhatsApp and other channels with a Twilio prefix are accepted, stored, reported and shown; no other code knows them."""

import time
from urllib.parse import parse_qsl

import pytest
import requests
from twilio.request_validator import RequestValidator

from tests.fixtures_sandbox import SECRETS, eventually
from tests.sandbox.calling import states

SID, TOKEN = SECRETS["twilio_account_sid"], SECRETS["twilio_auth_token"]
GOOD = {"To": "whatsapp:+33612345678", "From": "whatsapp:+15005550006", "Body": "Hello"}


@pytest.fixture
def post(sandbox):
    def post(**form):
        url = f"{sandbox.url}/2010-04-01/Accounts/{SID}/Messages.json"
        return requests.post(url, data=form, auth=(SID, TOKEN), timeout=5)

    return post


def test_a_whatsapp_message_is_kept_with_its_channel_and_plain_addresses(post, sandbox):
    answer = post(**GOOD).json()
    (kept,) = sandbox.journal()
    assert (answer["to"], answer["from"]) == (GOOD["To"], GOOD["From"])
    assert (kept.service, kept.channel) == ("twilio", "whatsapp")
    assert (kept.to, kept.sender, kept.content) == ("+33612345678", "+15005550006", {"body": "Hello"})


def test_its_callbacks_name_the_channel_and_are_signed(post, receiver):
    url = f"{receiver.url}/hooks/twilio?attempt=1"
    post(**GOOD, StatusCallback=url)
    eventually(lambda: states(receiver) == ["sent", "delivered"])
    for hook in receiver.received:
        form = dict(parse_qsl(hook.body.decode()))
        assert (form["To"], form["From"], form["ChannelPrefix"]) == (GOOD["To"], GOOD["From"], "whatsapp")
        assert RequestValidator(TOKEN).validate(url, form, hook.headers["x-twilio-signature"])


def test_the_inbox_shows_it_on_a_separate_phone(post, sandbox):
    post(**GOOD)
    post(To="+33612345678", From="+15005550006", Body="By SMS")
    post(To="messenger:100042", From="messenger:200", Body="By Messenger")
    page = requests.get(sandbox.url, timeout=5).text
    assert page.count('class="device phone"') == 3
    for words in ("WhatsApp", "Messenger", "SMS", "By Messenger", "100042"):
        assert words in page
    one = requests.get(sandbox.url, params={"to": "+33612345678"}, timeout=5).text
    assert one.count('class="device phone"') == 2
    listed = requests.get(f"{sandbox.url}/sandbox/messages", params={"channel": "whatsapp"}, timeout=5)
    assert [one["content"] for one in listed.json()["messages"]] == [{"body": "Hello"}]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"From": "+15005550006"}, 21910),
        ({"To": "+33612345678"}, 21910),
        ({"From": "messenger:+15005550006"}, 21910),
        ({"To": "whatsapp:0612"}, 21211),
        ({"To": "whatsapp:"}, 21211),
        ({"To": "whatsapp:+15005550004"}, 21610),
        ({"Body": ""}, 21602),
    ],
)
def test_what_twilio_refuses(post, sandbox, changed, code):
    assert post(**(GOOD | changed)).json()["code"] == code
    assert sandbox.journal() == []


def test_a_pool_of_senders_has_no_channel(post, sandbox):
    service = "MG" + "b" * 32
    answer = post(To=GOOD["To"], Body="x", MessagingServiceSid=service).json()
    assert (answer["to"], answer["messaging_service_sid"]) == (GOOD["To"], service)
    assert sandbox.journal()[0].channel == "whatsapp"


def test_pictures_and_templates_are_separate_parts(post, sandbox):
    post(**(GOOD | {"Body": "", "MediaUrl": ["http://x/1.png", "http://x/2.png"]}))
    template = {"ContentSid": "HX" + "1" * 32, "ContentVariables": '{"1": "Ana"}'}
    post(To=GOOD["To"], From=GOOD["From"], **template)
    picture, filled = sandbox.journal()
    assert picture.content == {"media": ["http://x/1.png", "http://x/2.png"]}
    assert filled.content == {"template": template["ContentSid"], "variables": '{"1": "Ana"}'}
    page = requests.get(sandbox.url, timeout=5).text
    assert "http://x/2.png" in page
    assert template["ContentSid"] in page


def test_lists_are_filtered_by_channel(post, sandbox):
    post(**GOOD)
    post(To="+33612345678", From="+15005550006", Body="By SMS")

    def bodies(**query):
        url = f"{sandbox.url}/2010-04-01/Accounts/{SID}/Messages.json"
        answer = requests.get(url, params=query, auth=(SID, TOKEN), timeout=5).json()
        return [one["body"] for one in answer["messages"]]

    assert bodies() == ["By SMS", "Hello"]
    assert bodies(To="whatsapp:+33612345678") == ["Hello"]
    assert bodies(To="+33612345678") == ["By SMS"]


@pytest.mark.parametrize(
    ("fault", "status", "code"), [("queue_full", 400, 21611), ("daily_limit", 429, 63038)]
)
def test_faults_of_twilio(post, sandbox, fault, status, code):
    sandbox.faults({"action": fault})
    refused = post(**GOOD)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert sandbox.journal() == []


def test_a_message_that_is_read(post, sandbox):
    sandbox.faults({"action": "fate", "fate": "read", "channel": "whatsapp"})
    post(**GOOD)
    time.sleep(0.2)
    listed = requests.get(f"{sandbox.url}/sandbox/messages", timeout=5).json()["messages"]
    assert [one["state"] for one in listed] == ["read"]
