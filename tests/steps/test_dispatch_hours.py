"""Lanes keep to the hours of each message: they claim nothing after them, and move it to the next ones."""

import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines import clock
from pipelines.language import say
from pipelines.reports.packet import Packet
from pipelines.reports.packets import PacketList
from pipelines.steps.dispatch.claim import Claims, Terms
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import sandbox
from tests.sending import boat_for, make_sending, phones

__all__ = ["sandbox"]

OPENS = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
CLOSES = OPENS + timedelta(hours=8)
NEXT_DAY = OPENS + timedelta(days=1)
LANE = "sms lane 1"


@pytest.fixture
def boat(database, business, sandbox, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, sandbox.url)


@pytest.fixture
def packet(boat):
    """Three messages that may go out in eight hours of tomorrow or of the day after; they are worthless after four days."""
    packet = make_sending(boat.worker, boat.business, phones(3), expires="4 days")
    boat.change(
        "insert into send_window (packet_id, place, client_id, window_no, zones, opens, closes)"
        " values (:packet, '', :client, 0, array['UTC'], array[:opens, :next], array[:closes, :next + interval '8 hours'])",
        packet=packet, client=boat.business.client_id, opens=OPENS, closes=CLOSES, next=NEXT_DAY,
    )  # fmt: skip
    boat.change(
        "update message set not_before = :opens, closes_at = :closes, window_no = 0 where packet_id = :packet",
        packet=packet, opens=OPENS, closes=CLOSES,
    )  # fmt: skip
    return packet


def sent_at(boat, packet, moment):
    with clock.set_to(moment):
        return boat.run("dispatch", packet, LANE).rows_out


def messages(boat, packet):
    return boat.rows(
        "select state, not_before, nullif(closes_at, 'infinity') as closes_at, error_code from message where packet_id = :id",
        id=packet,
    )


def test_a_message_goes_out_in_its_hours_only(boat, packet, sandbox):
    assert sent_at(boat, packet, OPENS - timedelta(minutes=5)) == 0
    assert sent_at(boat, packet, CLOSES - timedelta(minutes=5)) == 3
    assert len(sandbox.journal()) == 3


def test_a_message_that_was_not_sent_in_its_hours_moves_to_the_next_ones(boat, packet, sandbox):
    assert sent_at(boat, packet, CLOSES) == 0
    assert {(row.state, row.not_before, row.closes_at) for row in messages(boat, packet)} == {
        ("ready", NEXT_DAY, NEXT_DAY + timedelta(hours=8))
    }
    code, _ = boat.wait(packet)
    assert code == "due_later"
    assert sandbox.journal() == []
    assert sent_at(boat, packet, NEXT_DAY + timedelta(minutes=1)) == 3


def test_a_message_without_hours_before_its_deadline_expires(boat, packet):
    boat.change(
        "update message set expires_at = :end where packet_id = :id and row_no = 1",
        id=packet, end=NEXT_DAY - timedelta(hours=1),
    )  # fmt: skip
    assert sent_at(boat, packet, CLOSES + timedelta(minutes=1)) == 0
    assert boat.states(packet) == {"expired": 1, "ready": 2}
    assert sent_at(boat, packet, NEXT_DAY + timedelta(hours=9)) == 0
    assert boat.states(packet) == {"expired": 3}
    assert {row.error_code for row in messages(boat, packet)} == {"no_window"}


def test_a_message_whose_hours_nobody_knows_expires(boat, packet):
    boat.change("delete from send_window where packet_id = :id", id=packet)
    assert sent_at(boat, packet, CLOSES) == 0
    assert boat.states(packet) == {"expired": 3}


def test_a_rerun_lifts_a_delay_only_into_the_hours(boat, packet):
    boat.change(
        "update message set attempt_no = 1, not_before = :at where packet_id = :id",
        id=packet,
        at=OPENS + timedelta(hours=2),
    )
    with UnitOfWork(boat.worker, boat.business.client_id) as uow:
        uow.execute(sql("actions/start_again/lift_delays"), {"packet_id": packet})
        uow.commit()
    assert {row.not_before for row in messages(boat, packet)} == {OPENS}


def test_a_packet_and_the_list_say_how_many_go_out_next_and_when(boat, packet):
    boat.change(
        "update message set not_before = :at where packet_id = :id and row_no = 3",
        id=packet,
        at=OPENS + timedelta(hours=1),
    )
    assert boat.run("dispatch", packet, LANE).rows_out == 0
    with UnitOfWork(boat.worker, boat.business.client_id) as uow:
        shown, [listed] = Packet.read(uow, packet), PacketList.read(uow).packets
    assert say(shown.goes_on).startswith("Next: 2 messages at ")
    assert listed.goes_on == shown.goes_on
    assert shown.needs == []


def test_a_claim_takes_nothing_whose_hours_have_ended(boat, packet, monkeypatch):
    """Even within a walk, after the messages whose hours had ended then were moved."""
    monkeypatch.setattr("pipelines.steps.dispatch.claim.move_to_next_hours", lambda *_: None)
    monkeypatch.setattr("pipelines.steps.dispatch.lane.LaneLoop._wait_for_more", lambda _lane: False)
    assert sent_at(boat, packet, CLOSES - timedelta(seconds=5)) == 3
    boat.change("update message set state = 'ready' where packet_id = :id", id=packet)
    assert sent_at(boat, packet, CLOSES) == 0


def test_the_look_for_passed_deadlines_reads_the_index_up_to_now_alone(boat, packet):
    with UnitOfWork(boat.worker, boat.business.client_id) as uow:
        uow.execute(text("set local enable_seqscan = off"))
        explained = text("explain " + sql("steps/dispatch/expire_lock").text)
        plan = "\n".join(
            row[0] for row in uow.all(explained, {"packet_id": packet, "channel": "sms", "limit": 20_000})
        )
    assert re.search(r"Index Cond: .*expires_at <= ", plan), plan


def test_a_lane_moves_messages_whose_hours_end_while_it_works(boat, packet):
    """It looks for them at its start, and again when its outlook says so: that look reads all that are left."""
    boat.change("update data_packet set state = 'sending' where id = :id", id=packet)
    terms = Terms(boat.business.client_id, packet, "sms", "twilio", uuid4(), uuid4(), 50, 1, 60.0)
    with LaneDatabase(boat.worker, boat.business.client_id) as database:
        claims = Claims(database, terms)
        assert claims.next_calls() == []
        boat.change(
            "update message set closes_at = now() - interval '1 minute' where packet_id = :id", id=packet
        )
        claims.restart()
        assert claims.next_calls() == []
        assert claims.outlook().ready == 3
        claims.restart()
        assert claims.next_calls() == []
        assert {row.closes_at for row in messages(boat, packet)} == {CLOSES}


class Rounds(LaneDatabase):
    """Notes after each committed transaction how many messages it has expired or moved."""

    def __init__(self, boat, packet):
        super().__init__(boat.worker, boat.business.client_id)
        self.boat, self.packet, self.changed = boat, packet, []

    def waiting(self):
        return self.boat.rows(
            "select count(*) from message where packet_id = :id and state = 'ready' and least(expires_at, closes_at) <= now()",
            id=self.packet,
        )[0][0]

    @contextmanager
    def transaction(self):
        before = self.waiting()
        with super().transaction():
            yield
        self.changed.append(before - self.waiting())


@pytest.mark.parametrize("column", ["expires_at", "closes_at"])
def test_many_late_messages_leave_in_several_transactions(boat, packet, monkeypatch, column):
    """One for all might need longer than a lane's transaction may, again and again."""
    monkeypatch.setattr("pipelines.steps.dispatch.late.MOVED", 2)
    many = make_sending(boat.worker, boat.business, phones(5), expires="4 days")
    boat.change(
        "insert into send_window (packet_id, place, client_id, window_no, zones, opens, closes)"
        " select :many, place, client_id, window_no, zones, opens, closes from send_window where packet_id = :packet",
        many=many, packet=packet,
    )  # fmt: skip
    boat.change(
        f"update message set window_no = 0, {column} = now() - interval '1 minute' where packet_id = :id",
        id=many,
    )
    boat.change("update data_packet set state = 'sending' where id = :id", id=many)
    terms = Terms(boat.business.client_id, many, "sms", "twilio", uuid4(), uuid4(), 50, 1, 60.0)
    with Rounds(boat, many) as database:
        assert Claims(database, terms).next_calls() == []
        assert [count for count in database.changed if count] == [2, 2, 1]
    if column == "expires_at":
        assert boat.states(many) == {"expired": 5}
    else:
        assert {(row.state, row.not_before) for row in messages(boat, many)} == {("ready", OPENS)}
