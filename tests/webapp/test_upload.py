"""Sending a file: accepted with a receipt, or refused with one sentence and nothing loaded."""

import hashlib
import io
import re
from pathlib import Path

import pytest
from sqlalchemy import text

from pipelines.store.unit_of_work import UnitOfWork

ROWS = b"first_name,last_name,mobile,email,appointment_date\n" + b"".join(
    b"Maria,Lopez,+1 212 555 %04d,maria%d@example.com,2026-12-01\n" % (number, number)
    for number in range(100, 140)
)
JSON = {"Accept": "application/json"}


@pytest.fixture
def send(fresh):
    def sending(content=ROWS, name="people.csv", headers=None, **fields):
        form = {"campaign": str(fresh.business.campaign_id), "file": (io.BytesIO(content), name)} | fields
        return fresh.person.post("/send/", form, headers=headers, content_type="multipart/form-data")

    return sending


def packets(boat, clinic):
    with UnitOfWork(boat.engine("worker"), clinic.business.client_id) as uow:
        return uow.all(
            text(
                "select state, file_name, source, submitted_by, md5, sha256, bytes, problem_code from data_packet order by id"
            )
        )


def left_behind(boat):
    folder = boat.settings.files_dir
    return [path.name for path in Path(folder).glob("*") if not re.fullmatch(r"[0-9a-f]{64}", path.name)]


def test_a_file_is_kept_with_its_digests_and_shown(boat, fresh, send):
    answer = send()
    assert answer.status_code == 303
    page = fresh.person.get(answer.location).text
    (packet,) = packets(boat, fresh)
    assert (packet.state, packet.file_name, packet.source, packet.submitted_by) == (
        "received",
        "people.csv",
        "portal",
        fresh.person.username,
    )
    assert (packet.md5, packet.sha256, packet.bytes) == (
        hashlib.md5(ROWS).hexdigest(),
        hashlib.sha256(ROWS).hexdigest(),
        len(ROWS),
    )
    assert (boat.settings.files_dir / packet.sha256).read_bytes() == ROWS
    assert f"MD5 {packet.md5}" in page
    assert "Waiting to start" in page
    with UnitOfWork(boat.engine("worker"), fresh.business.client_id) as uow:
        assert uow.scalar(text("select count(*) from outbox where kind = 'start_packet'")) == 1


def test_the_script_gets_the_same_as_json(boat, send):
    answer = send(headers=JSON)
    assert answer.status_code == 200
    assert answer.json["md5"] == hashlib.md5(ROWS).hexdigest()
    assert answer.json["location"].startswith("/packets/")


@pytest.mark.parametrize("digest", [hashlib.md5(ROWS).hexdigest(), hashlib.sha256(ROWS).hexdigest().upper()])
def test_the_senders_own_digest_is_compared(boat, fresh, send, digest):
    assert send(digest=digest).status_code == 303
    assert len(packets(boat, fresh)) == 1


def test_a_different_digest_means_an_incomplete_transmission(boat, fresh, send):
    answer = send(digest="0" * 32)
    assert answer.status_code == 422
    assert "incomplete" in answer.text
    assert packets(boat, fresh) == []
    assert left_behind(boat) == []


def test_the_same_file_needs_confirmation_before_it_is_sent_again(boat, fresh, send):
    assert send().status_code == 303
    answer = send(headers=JSON)
    assert answer.status_code == 422
    assert answer.json["again"] is True
    assert "same file" in answer.json["sentence"]
    assert answer.json["packet"].startswith("/packets/")
    assert send(again="1").status_code == 303
    assert [packet.state for packet in packets(boat, fresh)] == ["received", "refused", "received"]


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"", "empty.csv"), (b"first_name,mobile\n", "header-only.csv"), (b"%PDF-1.7 \x00", "letter.pdf")],
)
def test_a_file_without_usable_rows_is_refused_with_a_sentence(fresh, send, content, name):
    answer = send(content, name)
    assert answer.status_code == 422
    sentence = re.search(r'note-needs"><p>([^<]+)</p>', answer.text)[1]
    assert sentence.endswith(".")
    assert len(sentence) > 20


def test_a_larger_file_than_allowed_is_refused(boat, fresh, send):
    answer = send(b"a,b\n" + b"x" * (boat.settings.upload_max_bytes + 100_000))
    assert answer.status_code == 413
    assert "too large" in answer.text
    assert packets(boat, fresh) == []


def test_other_pages_accept_no_large_body(fresh):
    assert fresh.person.browser.post("/login/", data={"x": "y" * 2_000_000}).status_code == 413


def test_a_missing_file_or_campaign_is_reported(fresh, send):
    nothing = fresh.person.post("/send/", {"campaign": str(fresh.business.campaign_id)})
    assert nothing.status_code == 422
    assert "No file was chosen" in nothing.text
    assert "No campaign was chosen" in send(campaign="").text


def test_another_clients_campaign_does_not_exist(boat, fresh, other, send):
    answer = send(campaign=str(other.business.campaign_id))
    assert answer.status_code == 422
    assert "no such campaign" in answer.text
    assert packets(boat, fresh) == []


def test_a_path_in_the_file_name_is_dropped(boat, fresh, send):
    send(name="../../etc/people.csv")
    (packet,) = packets(boat, fresh)
    assert "/" not in packet.file_name


def test_only_active_campaigns_are_offered(boat, fresh):
    with UnitOfWork(boat.engine("worker"), fresh.business.client_id) as uow:
        uow.execute(text("update campaign set state = 'paused'"))
        uow.commit()
    assert "No campaign accepts files yet" in fresh.person.get("/send/").text


RUSSIAN = (
    "first_name,last_name,mobile,appointment_date\n"
    + "".join(f"Анна,{name},+1 212 555 {number:04},2026-12-01\n" for number, name in enumerate(["Иванова", "Петрова"], 100))
)  # fmt: skip


def test_the_readings_of_a_code_page_show_names_of_the_file(boat, fresh, send):
    content = RUSSIAN.encode("koi8_r")
    answer = send(content)
    assert answer.status_code == 422
    choice = re.search(r'<input type="radio"[^>]*value="koi8_r"[^>]*>.*?</label>', answer.text)[0]
    assert "Анна · Иванова · Петрова" in choice
    assert "Cyrillic (KOI8-R)" in choice
    assert [packet.state for packet in packets(boat, fresh)] == ["refused"]
    assert left_behind(boat) == []
    assert send(content, encoding="koi8_r").status_code == 303
    tonight = RUSSIAN.replace("Анна", "Ольга").encode("koi8_r")
    assert send(tonight).status_code == 303, "the feed remembers the answer"


def test_the_script_gets_the_readings_as_json(send):
    answer = send(RUSSIAN.encode("cp1251"), headers=JSON)
    readings = {reading["encoding"]: reading for reading in answer.json["readings"]}
    assert readings["cp1251"]["samples"] == ["Анна", "Иванова", "Петрова"]
    assert send(headers=JSON).status_code == 200


def test_a_chosen_encoding_is_kept_when_the_form_is_refused_for_another_reason(send):
    content = RUSSIAN.encode("cp1251")
    assert send(content, encoding="cp1251").status_code == 303
    answer = send(content, encoding="cp1251")
    assert answer.status_code == 422
    assert re.search(r'name="encoding" value="cp1251" checked', answer.text)


@pytest.mark.parametrize("encoding", ["klingon", "<script>", "rot13"])
def test_an_unknown_encoding_is_reported_and_escaped(boat, fresh, send, encoding):
    answer = send(encoding=encoding)
    assert answer.status_code == 422
    assert "This encoding is not known" in answer.text
    assert 'value="<script>' not in answer.text
    assert packets(boat, fresh) == []


def test_a_header_in_another_script_does_not_break_the_page(send):
    answer = send("電話番号,氏名\n+12025550100,太郎\n".encode("cp932"))
    assert answer.status_code == 422
    assert "電話番号" in answer.text or "太郎" in answer.text
