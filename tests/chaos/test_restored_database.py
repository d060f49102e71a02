"""A database that was restored from a backup, or copied: nothing is sent from it before a person has released it."""

import json
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text

from pipelines import clock
from pipelines.actions.packets.hold import begin_hold, release_hold
from pipelines.actions.packets.pause import resume
from pipelines.actions.packets.recount_packets import recount_packets
from pipelines.actions.packets.subjects import ControlRefused
from pipelines.actions.people.deliver_replies import deliver_replies
from pipelines.events.epoch import FILE, Epoch, begin_epoch, known_epoch, watch_epoch
from pipelines.events.pauses import Subject
from pipelines.reports.hold import Hold
from pipelines.steps.dispatch.claim import Claims, Terms
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.steps.dispatch.record import Recorder
from pipelines.store import migrate
from pipelines.store.postgres_place import find_place
from pipelines.store.provision import Databases, provision
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_business, make_packet
from tests.conftest import SECRETS as PASSWORDS
from tests.conftest import Database
from tests.fixtures_sandbox import sandbox
from tests.reconciling import after, lost, twice_empty
from tests.sending import boat_for, make_sending, phones

__all__ = ["sandbox"]

NAME = "packetboat_to_restore"
FREE = text("select id from message where packet_id = :packet for update skip locked")
LOCKS_AWAITED = text("select count(*) from pg_locks where not granted")


@pytest.fixture
def own(postgres, database):
    """A database of this test alone."""
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(f"drop database if exists {NAME} with (force)")
    provision(postgres, PASSWORDS, Databases(packetboat=NAME, airflow="airflow_of_nobody"))
    made = replace(database, name=NAME)
    migrate.upgrade(made.engine("owner"))
    yield made
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(f"drop database if exists {NAME} with (force)")


@pytest.fixture
def boat(own: Database, sandbox, tmp_path):
    return boat_for(own.engine("worker"), make_business(own.engine("worker")), tmp_path, sandbox.url)


def tool(postgres_server, program, *arguments):
    binaries = find_place(postgres_server.data.parent).binaries
    subprocess.run([binaries / program, *arguments], check=True)


def back_up(postgres_server, folder):
    dump = str(folder / "dump")
    tool(postgres_server, "pg_dump", "--format=custom", f"--file={dump}", postgres_server.dsn(NAME))
    return dump


def restore(postgres_server, dump):
    """Put the tables of the dump in the place of the present ones, under the feet of whoever is connected."""
    dsn = postgres_server.dsn(NAME)
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("drop schema packetboat cascade")
    tool(postgres_server, "pg_restore", "--single-transaction", f"--dbname={dsn}", dump)


def found_hold(boat):
    with UnitOfWork(boat.worker, every_client=True) as uow:
        return Hold.read(uow)


@pytest.mark.parametrize("lanes_first", [True, False])
def test_nothing_is_sent_from_a_restored_dump_until_a_person_releases_it(
    boat, sandbox, postgres_server, tmp_path, lanes_first
):
    assert not begin_epoch(boat.worker, boat.settings.home)
    packet = make_sending(boat.worker, boat.business, phones(30))
    later = make_sending(boat.worker, boat.business, phones(10, 5_551_000), not_before="1 hour")
    dump = back_up(postgres_server, tmp_path)
    assert boat.run("dispatch", packet, "sms lane 1").rows_out == 30
    sent = Counter(message.to for message in sandbox.journal())

    restore(postgres_server, dump)
    boat.worker.dispose()
    assert boat.states(packet) == {"ready": 30}, "the backup does not know what went out"
    if not lanes_first:
        watch_epoch(boat.worker, boat.settings.home)
    assert boat.run("dispatch", packet, "sms lane 1").rows_out == 0
    assert found_hold(boat).pause.reason.code == "hold_restored"
    assert begin_epoch(boat.worker, boat.settings.home) == lanes_first
    assert boat.states(packet) == {"unknown": 30}
    assert boat.states(later) == {"ready": 10}, "it was not due yet, so it cannot have gone out"

    tomorrow = datetime.now(UTC) + timedelta(hours=2)
    with clock.set_to(tomorrow):
        assert boat.run("dispatch", later, "sms lane 1").rows_out == 0
    assert Counter(message.to for message in sandbox.journal()) == sent
    assert release_hold(boat.worker, boat.settings.home, by="ann") == 1
    assert found_hold(boat) is None
    boat.run("dispatch", packet, "sms lane 1")
    with clock.set_to(tomorrow):
        boat.run("dispatch", later, "sms lane 1")
    assert Counter(message.to for message in sandbox.journal()) == sent + Counter(phones(10, 5_551_000))
    checks = boat.rows("select reason, next_at = 'infinity' as never, count(*) from call_check group by 1, 2")
    assert checks == [("restored", True, 30)]
    boat.run("settle", packet)
    recount_packets(boat.worker, packet_id=packet)
    assert boat.rows("select code from packet_alarm where packet_id = :packet", packet=packet) == []


def test_a_lane_that_kept_its_connection_claims_and_begins_nothing_after_the_restore(
    boat, postgres_server, tmp_path
):
    """No file, no start and no errand is needed for that: the restored tables say it themselves."""
    packet = make_sending(boat.worker, boat.business, phones(9))
    boat.change("update data_packet set state = 'sending' where id = :packet", packet=packet)
    terms = Terms(boat.business.client_id, packet, "sms", "twilio", uuid4(), uuid4(), 3, 1, 60.0)
    with LaneDatabase(boat.worker, boat.business.client_id) as lane:
        claims, recorder = Claims(lane, terms), Recorder(lane, packet, terms.owner, frozenset())
        hand = claims.next_calls()
        dump = back_up(postgres_server, tmp_path)
        restore(postgres_server, dump)
        assert recorder.exchange([], hand).begun == []
        assert claims.next_calls() == []
    assert boat.states(packet) == {"ready": 6, "sending": 3}


def test_calls_that_were_under_way_in_the_backup_are_unknown(boat):
    begin_epoch(boat.worker, boat.settings.home)
    packet = make_sending(boat.worker, boat.business, phones(2), not_before="1 hour")
    boat.change(
        "insert into provider_call (client_id, packet_id, provider, channel, messages, owner, lease_until, state)"
        " values (:client, :packet, 'twilio', 'sms', 1, uuidv7(), now() + interval '1 hour', 'sending')",
        client=boat.business.client_id,
        packet=packet,
    )
    boat.change(
        "insert into attempt (client_id, message_id, attempt_no, call_id) select message.client_id, message.id, 1, provider_call.id"
        " from message join provider_call on provider_call.packet_id = message.packet_id where message.packet_id = :packet and row_no = 1",
        packet=packet,
    )
    boat.change(
        "update message set state = 'sending', attempt_no = 1 where packet_id = :packet and row_no = 1",
        packet=packet,
    )
    (boat.settings.home / FILE).unlink()  # as after a copy to another home
    assert begin_epoch(boat.worker, boat.settings.home)
    assert boat.states(packet) == {"unknown": 1, "ready": 1}
    assert not begin_epoch(boat.worker, boat.settings.home), "the copy is known now"
    assert found_hold(boat), "and still on hold"


def test_what_was_delayed_in_the_backup_may_have_gone_out_at_once(boat):
    """A person may have lifted the delay after the backup; what has never been tried is sent when it was planned."""
    begin_epoch(boat.worker, boat.settings.home)
    packet = make_sending(boat.worker, boat.business, phones(2), not_before="1 hour")
    boat.change("update data_packet set state = 'sending' where id = :packet", packet=packet)
    boat.change("update message set attempt_no = 1 where packet_id = :packet and row_no = 1", packet=packet)
    (boat.settings.home / FILE).unlink()
    assert begin_epoch(boat.worker, boat.settings.home)
    assert boat.states(packet) == {"unknown": 1, "ready": 1}


def begin_while_locked(boat, statement, packet):
    """Notice the restored database while somebody holds the row that `statement` locks; the messages that nobody else holds meanwhile."""
    (boat.settings.home / FILE).unlink()
    with ThreadPoolExecutor(1) as pool, UnitOfWork(boat.worker, every_client=True) as other:
        other.execute(text(statement), {"packet": packet})
        beginning = pool.submit(begin_epoch, boat.worker, boat.settings.home)
        while not other.scalar(LOCKS_AWAITED):
            assert not beginning.done(), beginning.result()
        free = other.all(FREE, {"packet": packet})
        other.commit()
        assert beginning.result()
    return len(free)


@pytest.mark.parametrize(
    ("table", "claimed"), [("message", False), ("message", True), ("provider_call", True)]
)
def test_what_somebody_holds_just_then_is_in_doubt_as_well(boat, table, claimed):
    """A callback about an earlier attempt, for example. Whoever waits for the first message holds no other."""
    begin_epoch(boat.worker, boat.settings.home)
    packet = make_sending(boat.worker, boat.business, phones(20))
    last_first = (
        "update message set expires_at = now() + make_interval(days => 99 - row_no) where packet_id = :packet"
    )
    boat.change(last_first, packet=packet)
    boat.change("update data_packet set state = 'sending' where id = :packet", packet=packet)
    if claimed:
        terms = Terms(boat.business.client_id, packet, "sms", "twilio", uuid4(), uuid4(), 50, 1, 60.0)
        with LaneDatabase(boat.worker, boat.business.client_id) as lane:
            assert len(Claims(lane, terms).next_calls()) == 20
    first = f"select from {table} where packet_id = :packet order by id limit 1 for update"
    free = begin_while_locked(boat, first, packet)
    assert boat.states(packet) == {"unknown": 20}
    assert free == 20 or not claimed


def test_a_call_that_was_unknown_in_the_backup_is_left_to_a_person(boat):
    """After the backup it may have been given up and sent again, as an attempt that no list assigns to this call."""
    begin_epoch(boat.worker, boat.settings.home)
    packet, _ = lost(boat, phones(2), arrived=set())
    after(boat, minutes=13)  # one empty list of two
    boat.change("update call_check set owner = uuidv7()")  # somebody is reading the second one
    (boat.settings.home / FILE).unlink()
    assert begin_epoch(boat.worker, boat.settings.home)
    checks = boat.rows("select reason, next_at = 'infinity' as never, owner from call_check")
    assert checks == [("restored", True, None)] * 2
    twice_empty(boat)
    assert boat.states(packet) == {"unknown": 2}


def test_what_was_promised_to_people_before_the_backup_is_not_delivered_again(boat, sandbox):
    """Only a webhook is called again, whose receiver knows the id of the reply."""
    begin_epoch(boat.worker, boat.settings.home)
    for kind in ("reply_answer", "reply_forward", "start_packet"):
        boat.change(
            "insert into outbox (client_id, kind, unique_key, payload) values (:client, :kind, :kind, '{}')",
            client=boat.business.client_id,
            kind=kind,
        )
    (boat.settings.home / FILE).unlink()
    assert begin_epoch(boat.worker, boat.settings.home)
    closed = boat.rows(
        "select kind from outbox where last_error = 'restored' and delivered_at is not null order by 1"
    )
    assert closed == [("reply_answer",), ("reply_forward",)]


def test_nothing_is_delivered_before_a_restored_database_is_noticed(boat):
    begin_epoch(boat.worker, boat.settings.home)
    boat.change(
        "insert into outbox (client_id, kind, unique_key, payload) values (:client, 'reply_answer', 'two', '{}')",
        client=boat.business.client_id,
    )
    later = replace(known_epoch(boat.settings.home), beat=1_000)
    (boat.settings.home / FILE).write_text(json.dumps(asdict(later)))
    assert deliver_replies(boat.worker, boat.settings, boat.secrets) == 0
    assert boat.rows("select tries from outbox") == [(0,)]


def test_nothing_is_delivered_from_a_restored_dump(boat, postgres_server, tmp_path):
    boat.change(
        "insert into outbox (client_id, kind, unique_key, payload) values (:client, 'reply_answer', 'one', '{}')",
        client=boat.business.client_id,
    )
    restore(postgres_server, back_up(postgres_server, tmp_path))
    boat.worker.dispose()
    with UnitOfWork(boat.worker, every_client=True) as uow:
        assert uow.all(sql("replies/claim"), {"kind": "reply_answer"}) == []


def test_a_packet_that_waited_for_credit_in_the_backup_may_have_gone_out_since(boat):
    begin_epoch(boat.worker, boat.settings.home)
    packet = make_sending(boat.worker, boat.business, phones(3))
    boat.change("update data_packet set state = 'awaiting_credit' where id = :packet", packet=packet)
    boat.run("settle", packet)
    (boat.settings.home / FILE).unlink()
    assert begin_epoch(boat.worker, boat.settings.home)
    assert boat.states(packet) == {"unknown": 3}
    state = boat.rows("select state from data_packet where id = :packet", packet=packet)[0].state
    assert state == "awaiting_credit", "what a person finds unsent still has to be paid for"


@pytest.mark.parametrize("state", ["received", "preparing", "stopped"])
def test_a_packet_that_was_not_assembled_in_the_backup_waits_for_a_person(boat, sandbox, state):
    """It may have been assembled and sent since: after the release it needs one of its own."""
    begin_epoch(boat.worker, boat.settings.home)
    packet = make_packet(boat.worker, boat.business)
    done = make_sending(boat.worker, boat.business, phones(2, 5_551_000), not_before="1 hour")
    boat.change("update data_packet set state = :state where id = :packet", state=state, packet=packet)
    (boat.settings.home / FILE).unlink()
    assert begin_epoch(boat.worker, boat.settings.home)
    release_hold(boat.worker, boat.settings.home, by="ann")
    pauses = boat.rows("select packet_id, code from paused_packet")
    assert pauses == [(packet, "paused_restored")]
    with clock.set_to(datetime.now(UTC) + timedelta(hours=2)):
        assert boat.run("dispatch", done, "sms lane 1").rows_out == 2
    resume(boat.worker, boat.business.client_id, Subject(packet_id=packet), by="ann")
    assert boat.rows("select code from paused_packet") == []


def test_the_next_starts_and_minutes_of_the_same_database_hold_nothing(boat):
    for _ in range(3):
        assert not begin_epoch(boat.worker, boat.settings.home)
        watch_epoch(boat.worker, boat.settings.home)
    assert found_hold(boat) is None
    assert known_epoch(boat.settings.home).beat == 6


def test_without_a_start_no_epoch_is_watched(boat):
    watch_epoch(boat.worker, boat.settings.home)
    assert known_epoch(boat.settings.home) is None


KNOWN = Epoch("7", 1, 5, 6, 10, 1_000)


@pytest.mark.parametrize(
    ("change", "continues"),
    [
        ({}, True),
        ({"beat": 11, "written": 2_000}, True),
        ({"beat": 9}, False),
        ({"written": 999}, False),
        ({"timeline": 2}, False),
        ({"system": "8"}, False),
        ({"database": 6}, False),
        ({"tables": 7}, False),
    ],
)
def test_what_shows_that_a_database_is_not_the_one_that_was_known(change, continues):
    assert replace(KNOWN, **change).continues(KNOWN) == continues


def test_a_person_holds_everything_and_releases_it(boat, sandbox):
    packet = make_sending(boat.worker, boat.business, phones(3))
    begin_hold(boat.worker, by="ann", reason="wrong texts")
    with pytest.raises(ControlRefused, match="already"):
        begin_hold(boat.worker, by="bob", reason=None)
    assert boat.run("dispatch", packet, "sms lane 1").rows_out == 0
    assert release_hold(boat.worker, boat.settings.home, by="ann") == 1
    with pytest.raises(ControlRefused, match="Nothing is on hold"):
        release_hold(boat.worker, boat.settings.home, by="ann")
    assert boat.run("dispatch", packet, "sms lane 1").rows_out == 3
