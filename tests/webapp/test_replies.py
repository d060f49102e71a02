"""The pages about replies: counts on the packet's page, the list with what a person has to read, the row, and the file."""

import csv
import io
import re
from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines.actions.people.read_replies import read_replies
from pipelines.billing.wallet import book
from pipelines.domain.replies import InboundReply
from pipelines.replies.inbox import store
from pipelines.reports.replies import PAGE, ReplyCounts
from pipelines.store.unit_of_work import UnitOfWork
from tests.replying import SMS_SENDER, wrote
from tests.sending import boat_for


@pytest.fixture
def sending(boat, clinic, tmp_path):
    return boat_for(boat.engine("worker"), clinic.business, tmp_path, "http://127.0.0.1:9")


def people(count):
    first = uuid4().int % 9_000_000
    return [f"+1212{first + number:07d}" for number in range(count)]


def answer(sending, *said, **more):
    store(
        sending.worker,
        [
            InboundReply("twilio", uuid4().hex, "sms", (SMS_SENDER,), sender, words, **more)
            for sender, words in said
        ],
    )
    read_replies(sending.worker)


@pytest.fixture
def answered(sending):
    """A packet with six people and their answers."""
    found = people(6)
    packet = wrote(sending, found)
    words = ["C", "cancel my appointment", "=1+1", "stopp", "no idea", "reschedule"]
    answer(sending, *zip(found, words, strict=True))
    answer(sending, (found[4], "yes"))  # the newest answer counts
    answer(sending, (found[5], "Out of office"), automatic=True)
    return packet, found


def test_each_person_counts_once_and_machines_not_at_all(boat, clinic, sending, answered):
    packet, _ = answered
    with UnitOfWork(sending.worker, clinic.business.client_id) as uow:
        counts = ReplyCounts.read(uow, packet)
    assert counts.people == {"confirm": 2, "cancel": 1, "reschedule": 1, "misspelt": 1, "other": 1}
    assert (counts.total, counts.to_read) == (6, 1)


def test_the_packets_page_shows_the_counts(clinic, answered):
    packet, _ = answered
    page = clinic.person.get(f"/packets/{packet}").text
    assert "6 people answered" in page
    assert re.search(r"<dt>Confirms</dt><dd><a[^>]*>2</a>", page)
    assert f"/replies/packet/{packet}.csv" in page


def test_the_packets_page_shows_what_forwarding_them_cost(clinic, sending, answered):
    packet, _ = answered
    assert "Forwarded answers</h2>" not in clinic.person.get(f"/packets/{packet}").text
    with UnitOfWork(sending.worker, clinic.business.client_id) as uow:
        book(
            uow, clinic.business.client_id, "forward", f"forward:{uuid4()}", "USD",
            packet_id=packet, spent_minor=3, note="sms",
        )  # fmt: skip
        uow.commit()
    assert "1 answer was forwarded to you for $0.03" in clinic.person.get(f"/packets/{packet}").text


def test_a_packet_without_answers_shows_no_card(clinic, sending):
    assert "Answers</h2>" not in clinic.person.get(f"/packets/{wrote(sending, people(1))}").text


def test_the_row_shows_the_thread(clinic, answered):
    packet, _ = answered
    page = clinic.person.get(f"/packets/{packet}/messages/5").text
    assert page.index("no idea") < page.index(">yes<")
    assert "What the person answered" in page


def test_the_list_is_filtered(clinic, answered):
    packet, _ = answered
    confirmed = clinic.person.get(f"/replies/?packet={packet}&kind=confirm").text
    assert ">C</p>" in confirmed
    assert "no idea" not in confirmed
    to_read = clinic.person.get(f"/replies/?packet={packet}&show=to_read").text
    assert "stopp" in to_read
    assert "perhaps: wants no more messages" in to_read
    assert clinic.person.get("/replies/?packet=nonsense").status_code == 404
    assert clinic.person.get("/replies/?kind=nonsense&show=nonsense").status_code == 200


def test_the_list_is_paged(clinic, sending):
    packet = wrote(sending, found := people(PAGE + 5))
    answer(sending, *((person, f"note {number}") for number, person in enumerate(found)))
    seen, address = [], f"/replies/?packet={packet}"
    while address:
        page = clinic.person.get(address).text
        seen += re.findall(r">note (\d+)<", page)
        following = re.search(r'href="([^"]+)">Older replies', page)
        address = following and following[1].replace("&amp;", "&")
    assert seen == [str(number) for number in reversed(range(PAGE + 5))]


def test_a_person_marks_a_reply_as_read(boat, clinic, sending, answered):
    packet, _ = answered
    page = clinic.person.get(f"/replies/?packet={packet}&show=to_read").text
    (reply_id,) = re.findall(r"/replies/([0-9a-f-]{36})/handled", page)
    needs = "select code from packet_need where packet_id = :packet and code = 'replies_unsure'"
    assert sending.rows(needs, packet=packet)
    response = clinic.person.post(f"/replies/{reply_id}/handled?packet={packet}&show=to_read", {})
    assert response.status_code in {200, 303}
    assert not sending.rows(needs, packet=packet)
    (row,) = sending.rows("select handled_by from reply where id = :id", id=reply_id)
    assert row.handled_by == clinic.person.username


def test_the_file_has_every_answer_and_no_formula(clinic, answered):
    packet, found = answered
    lines = list(
        csv.reader(io.StringIO(clinic.person.get(f"/replies/packet/{packet}.csv").text.lstrip("\ufeff")))
    )
    assert lines[0] == [
        "line", "external_id", "name", "channel", "address", "meaning", "answer", "received_at",
    ]  # fmt: skip
    assert [line[5] for line in lines[1:]] == [
        "confirm", "cancel", "other", "misspelt", "other", "confirm", "reschedule",
    ]  # fmt: skip
    assert lines[3][6] == "'=1+1"
    assert lines[1][4] == f"'{found[0]}"


def test_another_client_sees_nothing(app, boat, clinic, other, answered):
    packet, _ = answered
    assert other.person.get(f"/replies/?packet={packet}").status_code == 404
    assert other.person.get(f"/replies/packet/{packet}.csv").status_code == 404
    assert "no idea" not in other.person.get("/replies/").text
    with UnitOfWork(boat.engine("worker"), every_client=True) as uow:
        reply_id = uow.scalar(
            text("select id from reply where packet_id = :packet limit 1"), {"packet": packet}
        )
    assert other.person.post(f"/replies/{reply_id}/handled", {}).status_code == 404
