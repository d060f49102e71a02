"""Erasure: personal data goes when its time is over, the accounts stay, opposition stays as a hash, and a search proves it."""

import json
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines.actions.packets.cancel import cancel
from pipelines.actions.packets.pause import pause
from pipelines.actions.packets.recount_packets import recount_packets
from pipelines.actions.packets.subjects import packet_of
from pipelines.actions.people.erase import erase_person, export_person
from pipelines.consent.erasure import erase_due
from pipelines.consent.erasure_proof import KEPT, Leftover, leftovers, must_be_empty
from pipelines.consent.records import broken_records, record
from pipelines.consent.suppression import suppress
from pipelines.domain.retention import RETENTION_DAYS, UNKNOWN_DAYS
from pipelines.domain.suppression import Reason
from pipelines.errors import TryLater
from pipelines.events.waiting import watch_waits
from pipelines.store.files import Files
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import REMINDER
from tests.consent.test_records import AGREED
from tests.steps.assembling import ANA, EMAIL, MAIL, PHONE, SMS, Bench

BO = {"first_name": "Bo", "phone": "+12125550188", "email": "bo@example.com"}
PERSONAL = (PHONE, "2125550123", MAIL, "Ana", BO["phone"], BO["email"])


@pytest.fixture
def bench(database, tmp_path):
    bench = Bench(database, tmp_path, texts=[SMS, EMAIL])
    bench.rows(ANA, BO)
    bench.run()
    with bench.uow() as uow:
        uow.execute(
            text(
                "insert into held_row (packet_id, row_no, client_id, step, line_no, code, value)"
                " select packet_id, 1, client_id, 'clean', 2, 'not_a_phone', :value from data_packet_row where packet_id = :p and row_no = 1"
            ),
            {"p": bench.packet, "value": PHONE},
        )
        uow.execute(
            text("update data_packet set sha256 = :sha where id = :p"),
            {"p": bench.packet, "sha": uuid4().hex},
        )
        uow.commit()
    return bench


@pytest.fixture
def files(bench):
    files = Files(bench.settings)
    files.spool_folder()
    (bench.settings.files_dir / sha(bench)).write_text(f"First,Phone\nAna,{PHONE}\n")
    return files


def sha(bench):
    [row] = bench.select("select sha256 from data_packet where id = :packet")
    return row.sha256


def erased(bench):
    """Whether the packet of this test is erased: other tests leave packets behind in the same database."""
    [row] = bench.select("select erased_at is not null as done from data_packet where id = :packet")
    return row.done


def settle(bench, days_ago, state="delivered"):
    with bench.uow() as uow:
        uow.execute(
            text("update message set state = :state where packet_id = :p"),
            {"p": bench.packet, "state": state},
        )
        uow.execute(
            text(
                "update data_packet set state = 'settled', settled_at = now() - make_interval(days => :days) where id = :p"
            ),
            {"p": bench.packet, "days": days_ago},
        )
        uow.commit()


def everything(bench):
    """Every text in the tables that one client's data can be in, as one string."""
    tables = (
        "data_packet_row",
        "clean_row",
        "held_row",
        "message",
        "quality_result",
        "suppression",
        "consent_record",
        "erased_address",
    )
    return " ".join(
        str(row) for table in tables for row in bench.select(f"select cast(one as text) from {table} as one")
    )


def test_what_is_due_is_erased_and_the_accounts_stay(bench, files):
    settle(bench, RETENTION_DAYS["appointment_reminder"] + 1)
    before = bench.select("select id, state, row_no from message where packet_id = :packet order by id")
    assert PHONE in everything(bench)
    assert erase_due(bench.engine, files) >= 1
    assert not [value for value in PERSONAL if value in everything(bench)]
    assert (
        bench.select("select id, state, row_no from message where packet_id = :packet order by id") == before
    )
    assert len(bench.select("select row_no from data_packet_row where packet_id = :packet")) == 2
    assert not files.has(sha(bench))
    assert leftovers(bench.engine, files, bench.packet) == []
    [proof] = bench.select(
        "select kind, retention_days, rows, messages from packet_erasure where packet_id = :packet"
    )
    assert tuple(proof) == ("retention", 90, 2, len(before))
    erase_due(bench.engine, files)
    assert len(bench.select("select from packet_erasure where packet_id = :packet")) == 1


@pytest.mark.parametrize(
    ("days_ago", "state"),
    [(89, "delivered"), (91, "ready"), (91, "sending"), (91, "unknown"), (119, "unknown"), (121, "sending")],
)
def test_what_is_young_or_at_work_stays(bench, files, days_ago, state):
    settle(bench, days_ago, state)
    erase_due(bench.engine, files)
    assert not erased(bench)
    assert files.has(sha(bench))
    assert PHONE in everything(bench)


def test_what_nobody_ever_decides_is_erased_a_month_later_and_stays_unknown(bench, files):
    settle(bench, RETENTION_DAYS["appointment_reminder"] + UNKNOWN_DAYS + 1, "unknown")
    erase_due(bench.engine, files)
    assert erased(bench)
    assert leftovers(bench.engine, files, bench.packet) == []
    assert not [value for value in PERSONAL if value in everything(bench)]
    assert {row.state for row in bench.select("select state from message where packet_id = :packet")} == {
        "unknown"
    }


@pytest.mark.parametrize(("days", "settled_ago", "done"), [(5, 6, True), (5, 4, False), (300, 91, True)])
def test_a_campaign_shortens_and_never_lengthens(database, tmp_path, days, settled_ago, done):
    bench = Bench(database, tmp_path, details=REMINDER | {"retention": {"days": days}}, texts=[SMS, EMAIL])
    bench.rows(ANA)
    bench.run()
    settle(bench, settled_ago)
    erase_due(bench.engine, Files(bench.settings))
    assert erased(bench) == done


def test_an_erased_and_opposed_person_stays_suppressed_in_the_next_upload(bench, files):
    with bench.uow() as uow:
        suppress(uow, bench.business.client_id, "sms", PHONE, Reason.OPTED_OUT, "reply")
        uow.commit()
    settle(bench, 91)
    erase_due(bench.engine, files)
    [row] = bench.select("select address from suppression")
    assert row.address is None
    again = bench.new_packet()
    bench.rows(ANA, BO, packet=again)
    bench.run(packet=again)
    states = [
        tuple(row)
        for row in bench.select(
            "select state, error_code from message where packet_id = :again order by row_no", again=again
        )
    ]
    assert states == [("suppressed", "opted_out"), ("ready", None)]
    with bench.uow() as uow:
        assert [row.change for row in uow.all(text("select change from suppression_change"))] == ["added"]


def test_an_address_that_another_packet_has_stays_readable(bench, files):
    with bench.uow() as uow:
        suppress(uow, bench.business.client_id, "sms", PHONE, Reason.OPTED_OUT, "reply")
        uow.commit()
    settle(bench, 91)
    again = bench.new_packet()
    bench.rows(ANA, packet=again)
    erase_due(bench.engine, files)
    [row] = bench.select("select address from suppression")
    assert row.address == PHONE


@pytest.mark.parametrize(
    ("tampering", "place"),
    [
        (
            "update data_packet_row set cells = array['Ana'] where packet_id = :p and row_no = 1",
            "data_packet_row.cells",
        ),
        ("update message set body = 'Hello Ana' where packet_id = :p", "message.body"),
        ("update held_row set value = 'x' where packet_id = :p", "held_row.value"),
        ("update data_packet set file_name = :phone where id = :p", "data_packet.file_name"),
        (
            "update feed set name = :phone where id in (select feed_id from data_packet where id = :p)",
            "feed.name",
        ),
    ],
)
def test_what_is_left_is_found(bench, files, tampering, place):
    settle(bench, 91)
    erase_due(bench.engine, files)
    with bench.uow() as uow:
        uow.execute(text(tampering), {"p": bench.packet, "phone": PHONE})
        uow.commit()
    assert [one.place for one in leftovers(bench.engine, files, bench.packet)] == [place]


def test_a_file_that_is_left_is_found(bench, files):
    settle(bench, 91)
    erase_due(bench.engine, files)
    (bench.settings.files_dir / sha(bench)).write_text("Ana")
    assert leftovers(bench.engine, files, bench.packet) == [Leftover("files", 1)]


def test_a_new_column_of_a_packets_table_must_be_decided(database):
    """Whatever says something about a person has to be emptied by sql/erase; whatever does not stands in KEPT."""
    emptied = {
        ("data_packet_row", "cells"), ("held_row", "value"), ("message", "address"), ("message", "subject"), ("message", "body"),
        ("message", "parts"), ("reply", "from_address"), ("reply", "subject"), ("reply", "body"), ("reply", "thread"), ("reply", "raw"),
    }  # fmt: skip
    with UnitOfWork(database.engine("worker"), every_client=True) as uow:
        columns = [row for row in uow.all(sql("erase/columns")) if row.has_packet and row.has_text]
    deleted = {"clean_row", "quality_result"}
    undecided = {
        (row.table_name, row.column_name)
        for row in columns
        if row.table_name not in deleted and must_be_empty(row.table_name, row.column_name)
    }
    assert undecided == emptied
    assert KEPT.keys() <= {row.table_name for row in columns}


def test_one_person_is_shown_and_erased(bench, files):
    client = bench.business.client_id
    settle(bench, 0, "ready")
    with bench.uow() as uow:
        suppress(uow, client, "sms", PHONE, Reason.OPTED_OUT, "reply")
        record(uow, client, replace(AGREED, address=MAIL, channel="email"))
        uow.commit()
    held = json.dumps(export_person(bench.engine, client, PHONE), default=str)
    assert MAIL in held
    assert BO["phone"] not in held
    done = erase_person(bench.engine, files, client, PHONE)
    assert (done.packets, done.rows) == (1, 1)
    erase_person(bench.engine, files, client, MAIL)
    assert not [value for value in PERSONAL[:4] if value in everything(bench)]
    assert BO["phone"] in everything(bench)
    assert [
        row.state
        for row in bench.select("select state from message where packet_id = :packet and row_no = 1")
    ] == ["cancelled"]
    assert leftovers(bench.engine, files, bench.packet) == []
    with bench.uow() as uow:
        assert broken_records(uow, client) == []


@pytest.mark.parametrize("state", ["sending", "unknown"])
def test_a_person_in_flight_is_not_half_erased(bench, files, state):
    """Of an unknown message, nobody would find out any more whether it went out: the lists are searched by its address."""
    settle(bench, 0, state)
    with pytest.raises(TryLater):
        erase_person(bench.engine, files, bench.business.client_id, PHONE)
    assert PHONE in everything(bench)


def prepare_again(bench, step, state):
    with bench.uow() as uow:
        again = text(
            "insert into packet_step (client_id, packet_id, step, attempt, state) values (:client, :packet, :step, 2, :state)"
        )
        places = {"client": bench.business.client_id, "packet": bench.packet}
        uow.execute(again, places | {"step": step, "state": state})
        uow.commit()


def pause_packet(bench):
    with bench.uow() as uow:
        uow.execute(text("delete from held_row where packet_id = :p"), {"p": bench.packet})
        uow.commit()
    pause(bench.engine, bench.business.client_id, packet_of(bench.packet), by="sara")


def test_a_person_is_erased_from_a_packet_that_is_assembled_and_paused(bench, files):
    """It remains in the state 'preparing' for as long as the pause lasts."""
    pause_packet(bench)
    bench.run("settle")
    assert bench.select("select state from data_packet where id = :packet") == [("preparing",)]
    erase_person(bench.engine, files, bench.business.client_id, PHONE)
    assert PHONE not in everything(bench)
    rows = bench.select("select state from message where packet_id = :packet order by row_no")
    assert [row.state for row in rows] == ["cancelled", "ready"]


@pytest.mark.parametrize("state", ["running", "done", "failed"])
def test_a_person_stays_in_a_packet_that_is_paused_and_still_prepared(bench, files, state):
    pause_packet(bench)
    prepare_again(bench, "clean", state)
    with pytest.raises(TryLater):
        erase_person(bench.engine, files, bench.business.client_id, PHONE)
    assert PHONE in everything(bench)


@pytest.mark.parametrize("state", ["stopped", "sending", "awaiting_credit"])
def test_a_person_stays_in_a_packet_of_any_state_that_is_prepared_again(bench, files, state):
    """The step sets the state in its own transaction, and would make the person's message anew from what it read before."""
    with bench.uow() as uow:
        change = text("update data_packet set state = :state where id = :p")
        uow.execute(change, {"state": state, "p": bench.packet})
        uow.commit()
    prepare_again(bench, "assemble", "running")
    with pytest.raises(TryLater):
        erase_person(bench.engine, files, bench.business.client_id, PHONE)
    assert PHONE in everything(bench)


def test_a_step_that_died_in_a_cancelled_packet_keeps_nobody(bench, files):
    prepare_again(bench, "assemble", "running")
    cancel(bench.engine, bench.business.client_id, packet_of(bench.packet), by="sara")
    erase_person(bench.engine, files, bench.business.client_id, PHONE)
    assert PHONE not in everything(bench)


def test_a_paused_packet_is_erased_when_it_is_due_once_nothing_waits(bench, files):
    pause_packet(bench)
    bench.run("settle")
    with bench.uow() as uow:
        uow.execute(
            text("update data_packet set received_at = now() - interval '91 days' where id = :p"),
            {"p": bench.packet},
        )
        uow.commit()
    erase_due(bench.engine, files)
    assert not erased(bench), "the messages may still go out"
    with bench.uow() as uow:
        uow.execute(
            text("update message set expires_at = now() - interval '91 days' where packet_id = :p"),
            {"p": bench.packet},
        )
        uow.commit()
    watch_waits(bench.engine)
    [row] = bench.select("select state from data_packet where id = :packet")
    assert row.state == "settled"
    settle(bench, 91, "expired")
    erase_due(bench.engine, files)
    assert erased(bench)


def test_the_file_of_an_erased_person_stays_while_another_packet_needs_it(database, bench, files):
    other = Bench(database, bench.settings.home, texts=[SMS, EMAIL])
    with other.uow() as uow:
        uow.execute(
            text("update data_packet set sha256 = :sha where id = :p"),
            {"sha": sha(bench), "p": other.packet},
        )
        uow.commit()
    settle(bench, 0)
    erase_person(bench.engine, files, bench.business.client_id, PHONE)
    assert PHONE not in everything(bench)
    assert files.has(sha(bench)), "a packet of another client is not loaded yet"


@pytest.mark.parametrize("way", ["person", "packet"])
def test_the_file_goes_with_the_last_packet_that_has_it(bench, files, way):
    again = bench.new_packet()
    bench.rows(ANA, BO, packet=again)
    bench.run(packet=again)
    with bench.uow() as uow:
        uow.execute(
            text("update data_packet set sha256 = :sha, state = 'settled' where id = :p"),
            {"sha": sha(bench), "p": again},
        )
        uow.execute(text("update message set state = 'delivered' where packet_id = :p"), {"p": again})
        uow.commit()
    settle(bench, 91)
    if way == "person":
        erase_person(bench.engine, files, bench.business.client_id, PHONE)
    else:
        erase_due(bench.engine, files)
    assert files.has(sha(bench)) == (way == "packet")


def test_an_erased_packet_still_adds_up(bench, files):
    with bench.uow() as uow:
        uow.execute(text("delete from held_row where packet_id = :p"), {"p": bench.packet})
        uow.commit()
    settle(bench, 91, "suppressed")
    flaws = "select code from packet_alarm where packet_id = :packet order by code"
    recount_packets(bench.engine, packet_id=bench.packet)
    before = bench.select(flaws)
    erase_due(bench.engine, files)
    recount_packets(bench.engine, packet_id=bench.packet)
    assert bench.select(flaws) == before
