"""The messages of a packet: filters with the same numbers as the packet's page, paging, and the page of one row."""

import re

import pytest
from sqlalchemy import text

from pipelines.reports.messages import PAGE
from pipelines.states import MessageState
from pipelines.store.unit_of_work import UnitOfWork
from tests.webapp.stories import UNKNOWN_CALLS, finished, tell_messages, tell_packet

STATES = dict.fromkeys(MessageState, 1) | {"delivered": 5, "suppressed": 3}
TOTAL = {"sent": 8, "failed": 1, "suppressed": 3, "expired": 1, "cancelled": 1, "waiting": 3}


@pytest.fixture
def packet(boat, clinic):
    """Messages in every state, by SMS; and two e-mails."""
    packet_id = tell_packet(
        boat.engine("worker"), clinic.business, state="settled", total=TOTAL | {"sent": TOTAL["sent"] + 2}
    )
    tell_messages(boat.engine("worker"), clinic.business, packet_id, "sms", STATES)
    tell_messages(
        boat.engine("worker"), clinic.business, packet_id, "email", {"delivered": 1, "sent": 1}, "Dear Ada,"
    )
    return packet_id


def lines_in(page):
    return [int(line) for line in re.findall(r'data-head="Line">([\d,]+)<', page)]


@pytest.mark.parametrize("outcome", TOTAL)
def test_a_number_of_the_packet_page_leads_to_as_many_messages(clinic, packet, outcome):
    page = clinic.person.get(f"/packets/{packet}").text
    address, number = re.search(
        rf'href="([^"]+show={outcome})">(\d+)</a>', page.split("law-title")[2]
    ).groups()
    shown = clinic.person.get(address).text
    assert len(lines_in(shown)) == int(number)


def test_the_chips_count_and_combine(clinic, packet):
    page = clinic.person.get(f"/packets/{packet}/messages?show=delivered&channel=email").text
    assert len(lines_in(page)) == 1
    chips = dict(
        re.findall(
            r'class="chip"[^>]*>(?:<svg.*?</svg>)?\s*([^<]+) <span class="soft">(\d+)<',
            page.split('aria-label="Filter"')[1],
        )
    )
    expected = {
        "all messages": "2", "sent": "2", "delivered": "1", "any kind": "6", "SMS": "5", "e-mail": "1",
    }  # fmt: skip
    assert chips.items() >= expected.items()
    assert {chips[added] for added in chips.keys() - expected.keys()} <= {"0"}, (
        "no message on any other channel"
    )


def test_paging_shows_every_message_once_in_file_order(boat, fresh):
    packet_id = tell_packet(boat.engine("worker"), fresh.business, state="settled", total={"sent": PAGE + 9})
    tell_messages(boat.engine("worker"), fresh.business, packet_id, "sms", {"delivered": PAGE + 9})
    seen, address = [], f"/packets/{packet_id}/messages?show=sent"
    while address:
        page = fresh.person.get(address).text
        seen += lines_in(page)
        following = re.search(r'href="([^"]+)">Next messages', page)
        address = following and following[1].replace("&amp;", "&")
    assert seen == list(range(2, PAGE + 11))


def test_channels_that_share_a_series_show_each_message_once(boat, clinic):
    packet_id = tell_packet(boat.engine("worker"), clinic.business, state="settled")
    tell_messages(boat.engine("worker"), clinic.business, packet_id, "sms", {"delivered": 1})
    share = (
        "insert into message_series (packet_id, step_no, channel, client_id, series)"
        " select packet_id, step_no, 'email', client_id, series from message_series where packet_id = :packet"
    )
    with UnitOfWork(boat.engine("worker"), clinic.business.client_id) as uow:
        uow.execute(text(share), {"packet": packet_id})
        uow.commit()
    tell_messages(boat.engine("worker"), clinic.business, packet_id, "email", {"delivered": 1})
    assert lines_in(clinic.person.get(f"/packets/{packet_id}/messages").text) == [2, 3]
    assert lines_in(clinic.person.get(f"/packets/{packet_id}/messages?channel=email").text) == [3]
    row = clinic.person.get(f"/packets/{packet_id}/messages/1?channel=sms").text
    assert row.count("What happened") == 1
    assert "Next message" not in row, "the other one is an e-mail"


def test_without_messages_it_says_why(boat, clinic, packet):
    empty = tell_packet(boat.engine("worker"), clinic.business, state="preparing")
    assert "No message has been written yet" in clinic.person.get(f"/packets/{empty}/messages").text
    assert (
        "No messages match" in clinic.person.get(f"/packets/{packet}/messages?show=failed&channel=email").text
    )


@pytest.mark.parametrize(
    "place",
    ["x", "1-2", "1-x-sms", "--", "2147483647-1-sms", "9999999999-1-sms", "1-99999-sms", f"{9**99}-1-sms"],
)
def test_a_malformed_position_in_the_list_is_not_found(clinic, packet, place):
    assert clinic.person.get(f"/packets/{packet}/messages?after={place}").status_code == 404


def test_unknown_filters_are_ignored(clinic, packet):
    page = clinic.person.get(f"/packets/{packet}/messages?show=everything&channel=pigeon").text
    assert len(lines_in(page)) == sum(STATES.values()) + 2


def test_a_text_message_is_shown_as_it_is_sent_with_its_segments_marked(boat, clinic):
    packet_id = tell_packet(boat.engine("worker"), clinic.business, state="settled")
    body = "<b>No markup</b>\n" + "seven " * 30
    tell_messages(boat.engine("worker"), clinic.business, packet_id, "sms", {"delivered": 1}, body)
    page = clinic.person.get(f"/packets/{packet_id}/messages/1").text
    bubble = re.search(r'class="bubble">(.*?)</p>', page, re.DOTALL)[1]
    first, second = bubble.split('<span class="cut" data-part="2"></span>')
    assert (first + second).replace("&lt;", "<").replace("&gt;", ">") == body
    assert len(first.replace("&lt;", "<").replace("&gt;", ">")) == 153
    assert "2 segments in GSM-7, 197 characters of 306" in page


def test_the_page_shows_the_sender_that_was_used_or_would_be_used(boat, fresh):
    engine, business = boat.engine("worker"), fresh.business
    packet_id = tell_packet(engine, business, state="settled")
    tell_messages(engine, business, packet_id, "sms", {"unknown": 1, "ready": 1})
    with UnitOfWork(engine, business.client_id) as uow:
        for statement in (*UNKNOWN_CALLS, USED):
            uow.execute(text(statement), {"packet": packet_id})
        uow.commit()
    for row, sender in ((1, "+15005550001"), (2, "+15005550006")):
        assert f"<figcaption>{sender} " in fresh.person.get(f"/packets/{packet_id}/messages/{row}").text


USED = """
with used as (
    insert into sender (client_id, channel, provider, address, state)
    select client_id, 'sms', 'twilio', '+15005550001', 'paused' from data_packet where id = :packet
    returning id
)
update provider_call set sender_id = used.id from used where packet_id = :packet
"""


def test_a_mail_is_shown_with_its_subject(clinic, packet):
    row = sum(STATES.values()) + 1
    page = clinic.person.get(f"/packets/{packet}/messages/{row}").text
    assert "<h2>The subject</h2>" in page
    assert '<p class="letter">Dear Ada,</p>' in page


def test_the_page_shows_the_row_and_what_cleaning_changed(clinic, packet):
    page = clinic.person.get(f"/packets/{packet}/messages/1").text
    assert "The rule of this test" in page
    assert "Appointment reminder, version 1" in page
    cells = re.findall(r"<dt>([^<]+?)(?: <span[^>]*>[^<]*</span>)?</dt>", page.split('class="cells"')[1])
    assert cells[:4] == ["Patient", "First name", "Last name", "Mobile"]


def test_attempts_and_reports_show_what_happened(boat, clinic, packet):
    with UnitOfWork(boat.engine("worker"), clinic.business.client_id) as uow:
        uow.execute(text(ATTEMPTS), {"packet": packet})
        uow.commit()
    way = clinic.person.get(f"/packets/{packet}/messages/1").text.split('class="way"')[1].split("</ol>")[0]
    assert "Not accepted, tried again later" in way
    assert "attempt 1" in way
    assert "Accepted" in way
    assert "with HTTP 201" in way
    assert "in one call with 2 others" in way
    assert "Delivered" in way
    assert way.count("a later state was known already") == 1


ATTEMPTS = """
with message as (select * from message where packet_id = :packet and row_no = 1),
call as (
    insert into provider_call
        (client_id, packet_id, provider, channel, messages, state, owner, lease_until, http_status, recorded_at, provider_ref)
    select client_id, packet_id, 'twilio', 'sms', 3, result, uuidv7(), now(), status, clock_timestamp(), result || id
    from message cross join (values ('retry', 429), ('accepted', 201)) as answer (result, status)
    returning id, client_id, state
),
tried as (
    insert into attempt (client_id, message_id, attempt_no, call_id)
    select call.client_id, message.id, case call.state when 'retry' then 1 else 2 end, call.id from call cross join message
),
received as (
    insert into event_inbox (provider, unique_key, state, rank, raw)
    select 'twilio', report.state || message.id, report.state, 1, '{}'
    from message cross join (values ('delivered'), ('sent')) as report (state)
    returning id, state, received_at
)
insert into message_event (inbox_id, client_id, message_id, packet_id, state, received_at, outcome)
select
    received.id, message.client_id, message.id, message.packet_id, received.state, received.received_at,
    case received.state when 'sent' then 'outranked' else 'applied' end
from received cross join message
"""


def test_a_held_row_says_why_nothing_is_sent(boat, clinic):
    packet_id = finished(boat.engine("worker"), clinic.business, rows=20, held=2)
    page = clinic.person.get(f"/packets/{packet_id}/messages/7").text
    assert "nothing is sent for this row" in page
    assert 'class="phone"' not in page


def test_next_and_previous_stay_within_the_filter(clinic, packet):
    address, seen = f"/packets/{packet}/messages/1?show=suppressed", []
    while following := re.search(r'href="([^"]+)">Next message<', clinic.person.get(address).text):
        address = following[1].replace("&amp;", "&")
        seen.append(int(re.search(r"messages/(\d+)", address)[1]))
    suppressed = [
        line - 1 for line in lines_in(clinic.person.get(f"/packets/{packet}/messages?show=suppressed").text)
    ]
    assert seen == suppressed
    before = re.search(r'href="([^"]+)">Previous message<', clinic.person.get(address).text)[1]
    assert f"/messages/{suppressed[-2]}?" in before


@pytest.mark.parametrize("row", ["0", "99999", "2147483648", "9" * 30])
def test_a_missing_row_is_not_found(clinic, packet, row):
    assert clinic.person.get(f"/packets/{packet}/messages/{row}").status_code == 404


@pytest.mark.parametrize("page", ["messages", "messages/1"])
def test_messages_are_not_cached_by_the_browser(clinic, packet, page):
    assert clinic.person.get(f"/packets/{packet}/{page}").headers["Cache-Control"] == "no-store"


def test_an_email_shows_its_subject_above_its_body(boat, clinic):
    packet_id = tell_packet(boat.engine("worker"), clinic.business, state="settled")
    tell_messages(boat.engine("worker"), clinic.business, packet_id, "email", {"delivered": 1}, "Dear Ada,")
    with UnitOfWork(boat.engine("worker"), clinic.business.client_id) as uow:
        change = "update message set subject = 'Your visit', parts = '{\"old\": \"P.S.\"}' where packet_id = :packet"
        uow.execute(text(change), {"packet": packet_id})
        uow.commit()
    assert "<strong>Your visit</strong> Dear Ada," in clinic.person.get(f"/packets/{packet_id}/messages").text
    mail = clinic.person.get(f"/packets/{packet_id}/messages/1").text.split('<figure class="mail">')[1]
    assert re.findall(r">(Your visit|Dear Ada,|P\.S\.)<", mail) == ["Your visit", "Dear Ada,", "P.S."]


def test_a_message_leads_to_the_others_to_the_same_address(boat, clinic):
    packet_id = tell_packet(boat.engine("worker"), clinic.business, state="settled", total={"sent": 4})
    tell_messages(boat.engine("worker"), clinic.business, packet_id, "sms", {"delivered": 4})
    addresses = "update message set address = case when row_no = 4 then '+12125550199' else '+12125550101' end where packet_id = :packet"
    with UnitOfWork(boat.engine("worker"), clinic.business.client_id) as uow:
        uow.execute(text(addresses), {"packet": packet_id})
        uow.commit()
    first = clinic.person.get(f"/packets/{packet_id}/messages/1").text
    assert re.search(
        rf'2 other messages of this packet to the same address: <a href="/packets/{packet_id}/messages/2">',
        first,
    )
    assert "to the same address" not in clinic.person.get(f"/packets/{packet_id}/messages/4").text
