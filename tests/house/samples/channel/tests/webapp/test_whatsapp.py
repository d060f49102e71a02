"""WhatsApp, from a template to the page that shows each person's message."""

import re

import pytest
from sqlalchemy import text

from pipelines.channels.lanes import Lane
from pipelines.cli.sending_findings import providers, senders
from pipelines.domain.campaign_document import Text
from pipelines.language import Sentence, say
from pipelines.launcher.pools import parallelism, pools
from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import eventually
from tests.webapp.whole import whole

FILE = "First name,Mobile phone,Doctor\nAda,+12125550123,Dr. Abel\nBob,+12125550124,Dr. Brandt\n"
TEXTS = {
    "plain": Text("whatsapp", "en", "Hello {{ first_name }}.", parts={"footer": "Yours, {{ client_name }}"}),
    "with every part": Text(
        "whatsapp",
        "en",
        "Hello {{ first_name }}.",
        parts={"footer": "Yours, {{ client_name }}", "headline": "Your visit"},
    ),
    "filled by Jinja": Text(
        "whatsapp",
        "en",
        "Hello {% if first_name %}{{ first_name }}{% endif %}.",
        parts={"footer": "Yours, {{ client_name }}"},
    ),
    "without a footer": Text("whatsapp", "en", "Hello {{ first_name }}."),
}


@pytest.fixture(scope="module")
def system(database, tmp_path_factory):
    with whole(database, tmp_path_factory.mktemp("whole")) as running:
        yield running


def test_its_lanes_are_planned_and_airflow_has_room_for_them():
    assert Lane.parse("WhatsApp lane 3") == Lane("whatsapp", 3)
    assert (pools()["dispatch"]["slots"], parallelism()) == (4, 5)


@pytest.mark.parametrize("name", TEXTS)
def test_it_goes_the_whole_way(system, name):
    packet = system.send("whatsapp", TEXTS[name], FILE)
    eventually(lambda: system.states(packet) == ["delivered"] * 2)
    with UnitOfWork(system.boat.engine("worker"), system.client_id) as uow:
        kept = uow.all(
            text(
                "select subject, body, parts, encoding from message where packet_id = :packet order by row_no"
            ),
            {"packet": packet},
        )
    footer = "Yours, Whole" if TEXTS[name].parts else None
    parts = dict(TEXTS[name].parts) | {"footer": footer} if footer else None
    assert [tuple(row) for row in kept] == [
        (None, "Hello Ada.", parts, None),
        (None, "Hello Bob.", parts, None),
    ]
    arrived = [message for message in system.sandbox.journal() if message.channel == "whatsapp"][-2:]
    assert {message.to for message in arrived} == {"+12125550123", "+12125550124"}
    assert {message.sender for message in arrived} == {"+14155238886"}

    page = system.person.get(f"/packets/{packet}/messages/1").text
    assert 'class="phone"' in page
    assert "<figcaption>+14155238886 " in page
    assert '<p class="bubble">Hello Ada.</p>' in page
    assert ("Yours, Whole" in page) is bool(footer)
    assert "WhatsApp: what happened" in page


def test_its_parts_are_shown_in_its_order(system):
    packet = system.send("whatsapp", TEXTS["with every part"], FILE)
    eventually(lambda: system.states(packet) == ["delivered"] * 2)
    message = system.person.get(f"/packets/{packet}/messages/1").text
    assert re.findall(r'<p class="bubble[^>]*>([^<]+)</p>', message) == [
        "Your visit",
        "Hello Ada.",
        "Yours, Whole",
    ]
    listed = system.person.get(f"/packets/{packet}/messages").text
    assert "<strong>Your visit</strong> Hello Ada." in listed
    assert "Yours, Whole" not in listed


def test_the_messages_page_filters_it(system):
    packet = system.send("whatsapp", TEXTS["plain"], FILE)
    eventually(lambda: system.states(packet) == ["delivered"] * 2)
    page = system.person.get(f"/packets/{packet}/messages?channel=whatsapp&show=delivered").text
    assert page.count("Hello") == 2
    assert "WhatsApp" in page.split('aria-label="Filter"')[1].split("</nav>")[0]
    assert "No messages match" in system.person.get(f"/packets/{packet}/messages?channel=sms").text
    assert "Bob" in system.person.get(f"/packets/{packet}/messages?after=1-1-whatsapp").text
    assert "2</a> of 2 delivered" in system.person.get(f"/packets/{packet}").text


def test_a_footer_that_is_too_long_is_held_with_its_length(system):
    long = Text("whatsapp", "en", "Hello", parts={"footer": "{{ first_name }} " * 3})
    packet = system.send(
        "whatsapp", long, "First name,Mobile phone\n" + "x" * 30 + ",+12125550123\nAda,+12125550124\n"
    )
    with UnitOfWork(system.boat.engine("worker"), system.client_id) as uow:
        [held] = uow.all(
            text("select code, params from held_row where packet_id = :packet"), {"packet": packet}
        )
    assert held.code == "too_long"
    assert say(Sentence.from_json(*held)).startswith(
        "The footer of this row would be 93 characters long; at most 60 are allowed for WhatsApp."
    )


def test_doctor_knows_it(system):
    found = {finding.matter: finding for finding in providers(system.boat.settings)}
    assert (
        found["twilio_whatsapp"].sentence
        == "The sandbox answers for it (WhatsApp); nobody is really messaged."
    )
    sentences = [finding.sentence for finding in senders(system.boat) if finding.state == "ok"]
    assert any("with WhatsApp by twilio_whatsapp" in sentence for sentence in sentences)
