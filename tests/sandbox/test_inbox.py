"""The inbox: people as they would see it, found by number, address or words."""

import uuid

import pytest
import requests

from pipelines.domain.sending import Outgoing
from tests.fixtures_sandbox import eventually


@pytest.fixture
def page(sandbox):
    def get(path="/", **query):
        answer = requests.get(sandbox.url + path, params=query, timeout=5)
        assert answer.ok, answer.text
        return answer.text

    return get


def text(sandbox, to="+33612345678", body="Hello Ana", callback=None):
    carrier = sandbox.twilio()
    carrier.send([Outgoing(uuid.uuid4(), to, body)], sender="+15005550006", callback_url=callback)
    carrier.close()


def mail(sandbox, to="ana@example.org", body="Dear Ana", subject="Reminder", html=None):
    carrier = sandbox.mailgun()
    carrier.send([Outgoing(uuid.uuid4(), to, body, subject, html)], sender="a@b.example", callback_url=None)
    carrier.close()


def test_empty(page):
    assert "No message yet" in page()


def test_a_phone_and_a_mailbox(sandbox, page):
    text(sandbox)
    mail(sandbox)
    shown = page()
    for words in ("+33612345678", "Hello Ana", "ana@example.org", "Reminder", "Dear Ana"):
        assert words in shown
    assert "1 text messages and 1 e-mails" in shown


def test_search_by_number_address_or_words(sandbox, page):
    text(sandbox)
    text(sandbox, "+33698765432", "Bonjour Béatrice 100%")
    mail(sandbox, subject="Your bill_2026")
    assert "+33612345678" in page(q="345678")
    assert "+33698765432" not in page(q="345678")
    assert "+33698765432" in page(q="Béatrice")
    assert "ana@example.org" in page(q="bill_2026")
    assert "+33612345678" not in page(q="%"), "a per cent sign is a letter like any other"
    assert "Nobody here" in page(q="bill-2026")


def test_by_kind(sandbox, page):
    text(sandbox)
    mail(sandbox)
    assert "ana@example.org" not in page(channel="sms")
    assert "+33612345678" not in page(channel="email")


def test_pages_of_people(sandbox, page):
    for n in range(30):
        text(sandbox, f"+336123456{n:02d}")
    first = page()
    assert first.count('class="device') == 24
    assert "+33612345629" in first
    assert "+33612345605" not in first
    older = first.partition('<a class="button" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = page(older)
    assert second.count('class="device') == 6
    assert "+33612345605" in second
    assert "Older" not in second


def test_a_person_with_the_callbacks(sandbox, page, receiver):
    text(sandbox, callback=f"{receiver.url}/hooks/twilio")
    eventually(lambda: page(to="+33612345678").count("answered 204") == 2)
    shown = page(to="+33612345678")
    assert "/hooks/twilio" in shown
    assert sandbox.journal()[0].id in shown
    assert "delivered" in shown


def test_a_callback_that_nobody_took(sandbox, page):
    text(sandbox, callback="http://127.0.0.1:9/hooks")
    eventually(lambda: "no answer (ConnectionRefusedError)" in page(to="+33612345678"))


def test_a_long_text_tells_its_segments(sandbox, page):
    text(sandbox, body="x" * 200)
    assert "2 segments" in page()


def test_words_of_others_stay_words(sandbox, page):
    text(sandbox, body="<script>alert(1)</script>")
    mail(sandbox, subject="<img src=x>", html="<script>alert(2)</script><b>bold</b>")
    for shown in (page(), page(to="ana@example.org"), page(q="<script>x")):
        assert "<script" not in shown
        assert "<img" not in shown
    assert 'sandbox title="The message as HTML" srcdoc="&lt;script&gt;' in page(to="ana@example.org")


def test_nothing_comes_from_elsewhere(sandbox, page):
    text(sandbox)
    answer = requests.get(sandbox.url, timeout=5)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "http://" not in answer.text
    assert "https://" not in answer.text
    sheet = page("/sandbox/style.css")
    assert "url(" not in sheet
    assert "@import" not in sheet


def test_watching_reloads_by_itself(page):
    assert 'http-equiv="refresh"' in page(live="1")
    assert 'http-equiv="refresh"' not in page()


def test_a_page_that_is_none(sandbox):
    assert requests.get(sandbox.url, params={"before": "x"}, timeout=5).status_code == 400
    assert "Nothing received" in requests.get(sandbox.url, params={"to": "nobody"}, timeout=5).text


class TestJson:
    def test_newest_first_with_a_cursor(self, sandbox):
        for n in range(5):
            text(sandbox, f"+3361234567{n}")
        url, seen, cursor = sandbox.url + "/sandbox/messages", [], None
        for _ in range(3):
            query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
            page = requests.get(url, params=query, timeout=5).json()
            seen += [one["to"] for one in page["messages"]]
            cursor = page["next"]
        assert seen == [f"+3361234567{n}" for n in (4, 3, 2, 1, 0)]
        assert cursor is None

    def test_filters_and_fields(self, sandbox):
        text(sandbox)
        mail(sandbox)
        url = sandbox.url + "/sandbox/messages"
        (one,) = requests.get(url, params={"channel": "email"}, timeout=5).json()["messages"]
        assert one["to"] == "ana@example.org"
        (one,) = requests.get(url, params={"to": "+33612345678"}, timeout=5).json()["messages"]
        assert {"id", "channel", "at", "to", "sender", "body", "attempt", "state"} <= one.keys()
        eventually(lambda: requests.get(url, timeout=5).json()["messages"][0]["state"] == "delivered")

    @pytest.mark.parametrize("query", [{"limit": "x"}, {"cursor": "x"}])
    def test_a_wrong_question(self, sandbox, query):
        assert requests.get(sandbox.url + "/sandbox/messages", params=query, timeout=5).status_code == 400
