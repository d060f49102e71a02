"""Held rows: the page, and the file to correct."""

import csv
import io
import re
from uuid import UUID

from sqlalchemy import text

from pipelines.reports.held import PAGE
from pipelines.store.unit_of_work import UnitOfWork
from tests.webapp.conftest import log_in
from tests.webapp.stories import HEADER, tell_held, tell_packet


def held_packet(boat, clinic, rows, **more):
    packet = tell_packet(
        boat.engine("worker"), clinic.business, state="settled", total={"sent": 5, "held": rows}, **more
    )
    tell_held(boat.engine("worker"), clinic.business, packet, rows)
    return packet


def lines_in(page):
    return [
        int(line.replace(",", "")) for line in re.findall(r'data-head="Line">(?:<a[^>]*>)?([\d,]+)<', page)
    ]


def test_every_held_row_is_shown_once_in_file_order(boat, clinic):
    packet = held_packet(boat, clinic, PAGE + 10)
    seen, address = [], f"/packets/{packet}/held"
    while address:
        page = clinic.person.get(address).text
        seen += lines_in(page)
        following = re.search(r'href="([^"]+)">Next rows', page)
        address = following and following[1].replace("&amp;", "&")
    assert seen == [number * 7 + 1 for number in range(1, PAGE + 11)]


def test_a_row_shows_line_column_value_sentence_and_code(boat, clinic):
    page = clinic.person.get(f"/packets/{held_packet(boat, clinic, 30)}/held?code=not_a_phone").text
    assert '<span class="value">555-01</span>' in page
    assert "The cell contains letters or signs" in page
    assert '<code class="soft small">not_a_phone</code>' in page
    assert "No message can reach this row" not in page, "the filter applies"


def test_a_reason_without_a_value_of_its_own_shows_the_cell(boat, clinic):
    packet = held_packet(boat, clinic, 30)
    with UnitOfWork(boat.engine("worker"), clinic.business.client_id) as uow:
        uow.execute(text("update held_row set value = null where packet_id = :id"), {"id": packet})
        uow.commit()
    page = clinic.person.get(f"/packets/{packet}/held?code=duplicate").text
    assert '<span class="value">555-01</span>' in page
    assert ">empty<" not in page


def test_duplicates_of_several_lines_are_reported_together(boat, clinic):
    packet = held_packet(boat, clinic, 30)
    duplicates = "update held_row set params = jsonb_build_object('line', :first + row_no) where packet_id = :id and code = 'duplicate'"
    with UnitOfWork(boat.engine("worker"), clinic.business.client_id) as uow:
        uow.execute(text(duplicates), {"id": packet, "first": 1000})
        uow.commit()
    page = clinic.person.get(f"/packets/{packet}").text
    assert page.count("name as an earlier row, which is kept.") == 1
    assert "line 10" not in page


def test_the_file_has_the_clients_own_columns_and_the_reason(boat, clinic):
    packet = held_packet(boat, clinic, 12, file_name="Rendez-vous été.csv")
    answer = clinic.person.get(f"/packets/{packet}/held.csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (
        "filename*=UTF-8''Rendez-vous%20%C3%A9t%C3%A9%20-%20rows%20to%20correct.csv"
        in answer.headers["Content-Disposition"]
    )
    content = answer.get_data().decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(content), delimiter=";")
    assert header == [*HEADER, "Why it was held"]
    assert len(rows) == 12
    assert rows[0][:6] == ["P0001", "Maria", "Lopez", "555-01", "maria.lopez@", "24/11/2026"]
    assert rows[0][6] == "'=9+30", "a formula in the client's file must not run"
    assert rows[0][7].endswith(".")


def test_a_row_held_twice_comes_once_with_both_reasons(boat, clinic):
    packet = held_packet(boat, clinic, 3)
    with UnitOfWork(boat.engine("worker"), clinic.business.client_id) as uow:
        uow.execute(
            text(
                "insert into held_row (packet_id, row_no, client_id, step, line_no, column_name, code)"
                " values (:packet, 7, :client, 'clean', 8, 'Time', 'unreadable_time')"
            ),
            {"packet": packet, "client": clinic.business.client_id},
        )
        uow.commit()
    rows = list(
        csv.reader(
            io.StringIO(clinic.person.get(f"/packets/{packet}/held.csv").get_data().decode("utf-8-sig")),
            delimiter=";",
        )
    )
    assert len(rows) == 1 + 3
    assert "Time: The time cannot be read." in rows[1][-1]
    assert rows[1][-1].count(".") >= 2


def test_page_and_file_are_in_the_readers_language(app, boat, clinic):
    packet = held_packet(boat, clinic, 3)
    person = log_in(app, clinic.person.username)
    person.get("/lang/fr")
    page = person.get(f"/packets/{packet}/held").text
    assert "Cette ligne a la même adresse" in page
    content = person.get(f"/packets/{packet}/held.csv").get_data().decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(content), delimiter=";")
    assert header[-1] == "Pourquoi elle est retenue"
    assert any(row[-1].startswith("Mobile\u00a0: Cette ligne a la même adresse") for row in rows)


def test_short_rows_keep_the_reason_in_its_column(boat, clinic):
    packet = held_packet(boat, clinic, 1)
    with UnitOfWork(boat.engine("worker"), clinic.business.client_id) as uow:
        uow.execute(
            text("update data_packet_row set cells = array['only one'] where packet_id = :id"), {"id": packet}
        )
        uow.commit()
    rows = list(
        csv.reader(
            io.StringIO(clinic.person.get(f"/packets/{packet}/held.csv").get_data().decode("utf-8-sig")),
            delimiter=";",
        )
    )
    assert len(rows[1]) == len(rows[0])
    assert rows[1][1:7] == [""] * 6


def test_a_packet_without_held_rows_says_so(boat, clinic):
    page = clinic.person.get(f"/packets/{held_packet(boat, clinic, 0)}/held").text
    assert "No row is held" in page


def test_a_malformed_position_in_the_list_is_not_found(boat, clinic):
    packet: UUID = held_packet(boat, clinic, 1)
    assert clinic.person.get(f"/packets/{packet}/held?after=x").status_code == 404
