"""The inbox: what people see, searchable by number, address or text."""

import uuid

import pytest
import requests

from pipelines.domain.sending import Outgoing
from pipelines.sandbox.journal import MESSAGES, Journal
from tests.fixtures_sandbox import SECRETS, eventually


@pytest.fixture
def page(sandbox):
    def get(path="/", **query):
        answer = requests.get(sandbox.url + path, params=query, timeout=5)
        assert answer.ok, answer.text
        return answer.text

    return get


def text(sandbox, to="+33612345678", body="Hello Ana", callback=None):
    carrier = sandbox.twilio()
    carrier.send(
        [Outgoing(uuid.uuid4(), to, body)], channel="sms", sender="+15005550006", callback_url=callback
    )
    carrier.close()


def mail(sandbox, to="ana@example.org", body="Dear Ana", subject="Reminder", html=None):
    fields = {"from": "a@b.example", "to": to, "subject": subject, "text": body, "html": html}
    sent = requests.post(
        f"{sandbox.url}/v3/{SECRETS['mailgun_domain']}/messages",
        data={name: value for name, value in fields.items() if value is not None},
        auth=("api", SECRETS["mailgun_api_key"]),
        timeout=5,
    )
    assert sent.ok, sent.text


def test_empty(page):
    assert "No messages yet" in page()


def test_a_phone_and_a_mailbox(sandbox, page):
    text(sandbox)
    mail(sandbox)
    shown = page()
    for words in ("+33612345678", "Hello Ana", "ana@example.org", "Reminder", "Dear Ana"):
        assert words in shown
    for title, count in (("Everybody", 2), ("SMS", 1), ("E-mail", 1)):
        assert f'{title} <span class="count">{count}</span>' in shown


def test_search_by_number_address_or_text(sandbox, page):
    text(sandbox)
    text(sandbox, "+33698765432", "Bonjour Béatrice 100%")
    mail(sandbox, subject="Your bill_2026")
    assert "+33612345678" in page(q="345678")
    assert "+33698765432" not in page(q="345678")
    assert "+33698765432" in page(q="Béatrice")
    assert "ana@example.org" in page(q="bill_2026")
    assert "+33612345678" not in page(q="%"), "a per cent sign is a letter like any other"
    assert "Nothing found" in page(q="bill-2026")


def test_by_kind(sandbox, page):
    text(sandbox)
    mail(sandbox)
    assert "ana@example.org" not in page(channel="sms")
    assert "+33612345678" not in page(channel="email")


def test_one_person_on_two_channels_has_two_frames(sandbox, page):
    text(sandbox)
    mail(sandbox, to="ana@example.org")
    records = [one._replace(to="ana") for one in sandbox.journal()]
    write(sandbox, *records)
    assert page(to="ana").count('class="device') == 2
    assert page().count('class="device') == 4


def test_a_record_of_a_removed_service_is_shown_part_by_part(sandbox, page):
    """No record in the journal may break a page."""
    text(sandbox)
    (one,) = sandbox.journal()
    strange = one._replace(
        service="pigeons", channel="carrier", to="loft 7", fate="lost", content={"ring": "A7 <b>"}
    )
    write(sandbox, strange, one._replace(to="+1", content={}), one._replace(to="+2", fate="unknown"))
    for shown in (page(), page(to="loft 7"), page(channel="carrier")):
        assert "loft 7" in shown
        assert "A7 &lt;b&gt;" in shown
    assert "Carrier" in page()


def test_the_first_page_has_a_guide(page):
    shown = page()
    for name in (
        "/sandbox/faults",
        "/sandbox/messages",
        "lost_answer",
        "queue_full",
        "+15005550004",
        "soft-bounce@",
        "filtered",
    ):
        assert name in shown
    assert "Retry-After of <code>seconds</code>" in shown


def write(sandbox, *records):
    """Append records to the journal of the running sandbox."""
    journal = Journal(sandbox.config.folder / MESSAGES)
    journal.append(records)
    journal.close()


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


def test_a_callback_without_an_answer(sandbox, page):
    text(sandbox, callback="http://127.0.0.1:9/hooks")
    eventually(lambda: "no answer (ConnectionRefusedError)" in page(to="+33612345678"))


def test_a_long_text_shows_its_segments(sandbox, page):
    text(sandbox, body="x" * 200)
    assert "2 segments" in page()


def test_message_content_is_escaped(sandbox, page):
    text(sandbox, body="<script>alert(1)</script>")
    mail(sandbox, subject="<img src=x>", html="<script>alert(2)</script><b>bold</b>")
    for shown in (page(), page(to="ana@example.org"), page(q="<script>x")):
        assert "<script" not in shown
        assert "<img" not in shown
    assert 'sandbox title="The message as HTML" srcdoc="&lt;script&gt;' in page(to="ana@example.org")


def test_no_external_resources(sandbox, page):
    text(sandbox)
    answer = requests.get(sandbox.url, timeout=5)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "http://" not in answer.text
    assert "https://" not in answer.text
    sheet = page("/sandbox/style.css")
    assert "url(" not in sheet
    assert "@import" not in sheet


def test_watching_reloads_the_page(page):
    assert 'http-equiv="refresh"' in page(live="1")
    assert 'http-equiv="refresh"' not in page()


def test_an_invalid_page(sandbox):
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
        assert {"id", "service", "channel", "at", "to", "sender", "attempt", "state"} <= one.keys()
        assert one["content"] == {"body": "Hello Ana"}
        eventually(lambda: requests.get(url, timeout=5).json()["messages"][0]["state"] == "delivered")

    @pytest.mark.parametrize("query", [{"limit": "x"}, {"cursor": "x"}])
    def test_an_invalid_query(self, sandbox, query):
        assert requests.get(sandbox.url + "/sandbox/messages", params=query, timeout=5).status_code == 400
