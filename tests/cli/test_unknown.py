"""`packetboat message`: what only a person can find out, on the command line."""

import io
import json

import pytest
from sqlalchemy import text

from pipelines.actions.messages import decide_many
from pipelines.actions.messages.decide import decide_call
from pipelines.reports import unknown as reports
from pipelines.store.unit_of_work import UnitOfWork
from tests.webapp.stories import tell_packet, tell_undecided


@pytest.fixture
def packet(engine, firm):
    packet = tell_packet(engine, firm, state="settled", total={"waiting": 2})
    tell_undecided(engine, firm, packet, 2, "ambiguous")
    return packet


def listed(shell, firm):
    return json.loads(shell("message", "unknown", "--client", firm.slug, "--json").out)


def test_the_list_names_the_calls_and_why(shell, firm, packet):
    codes = [one["call_id"] for one in listed(shell, firm)["undecided"]]
    done = shell("message", "unknown", "--client", firm.slug)
    assert len(codes) == 2
    assert "another message" in " ".join(done.out.split())


def test_the_list_says_what_deciding_about_all_of_a_packet_wants(shell, firm, packet):
    lines = shell("message", "unknown", "--client", firm.slug).out.splitlines()
    file_name = listed(shell, firm)["undecided"][0]["file_name"]
    assert lines[0] == f"{file_name} of {firm.slug}, packet {packet}"
    codes = [one["call_id"] for one in listed(shell, firm)["undecided"]]
    assert [line.split()[0] for line in lines if line.startswith(tuple(codes))] == codes
    assert not any("oldest" in line for line in lines)


def test_a_list_that_is_cut_says_so(shell, firm, packet, monkeypatch):
    monkeypatch.setattr(reports, "MAX_LISTED", 1)
    out = shell("message", "unknown", "--client", firm.slug).out
    assert out.endswith("These are the oldest 1 of 2 calls that need a decision.\n")
    document = listed(shell, firm)
    assert (len(document["undecided"]), document["all_undecided"], document["all_doubles"]) == (1, 2, 0)


def test_messages_that_may_have_come_twice_are_listed_until_they_are_noted(
    shell, engine, firm, packet, monkeypatch
):
    with UnitOfWork(engine, firm.client_id) as uow:
        proven = (
            "insert into late_proof (attempt_id, client_id, packet_id, message_id, inbox_id, resent)"
            " select uuidv7(), client_id, packet_id, id, row_no, true from message where packet_id = :packet"
        )
        uow.execute(text(proven), {"packet": packet})
        uow.commit()
    monkeypatch.setattr(reports, "MAX_LISTED", 1)
    out = shell("message", "unknown", "--client", firm.slug).out
    assert out.endswith("These are the oldest 1 of 2 messages that may have been sent twice.\n")
    (double,) = listed(shell, firm)["doubles"]
    assert shell("message", "noted", double["attempt_id"]).code == 0
    document = listed(shell, firm)
    assert (len(document["doubles"]), document["all_doubles"]) == (1, 1)
    assert document["doubles"] != [double]


def test_an_empty_list_says_so(shell, firm):
    assert shell("message", "unknown", "--client", firm.slug).out == "No messages need a decision.\n"


def test_a_decision_is_made_once(shell, engine, firm, packet):
    first, second = (one["call_id"] for one in listed(shell, firm)["undecided"])
    assert "1 message will be sent again" in shell("message", "resolve", first, "not-received").out
    assert json.loads(shell("message", "resolve", second, "received", "--json").out)["ready"] == 0
    assert "is already known" in shell("message", "resolve", first, "received").sentence
    with UnitOfWork(engine, firm.client_id) as uow:
        rows = uow.all(
            text("select state from message where packet_id = :packet order by state"), {"packet": packet}
        )
    assert [row.state for row in rows] == ["accepted", "ready"]


def test_a_decision_must_be_said(shell, firm, packet):
    first = listed(shell, firm)["undecided"][0]["call_id"]
    assert shell("message", "resolve", first).code == 2
    assert len(listed(shell, firm)["undecided"]) == 2


def states(engine, firm, packet):
    with UnitOfWork(engine, firm.client_id) as uow:
        rows = uow.all(
            text("select state, count(*) from message where packet_id = :packet group by 1"),
            {"packet": packet},
        )
    return dict(map(tuple, rows))


def test_all_calls_of_a_packet_are_decided_at_once(shell, engine, firm, packet, monkeypatch):
    monkeypatch.setattr(decide_many, "BATCH", 1)
    done = shell("message", "resolve-all", str(packet), "not-received", "--yes")
    assert done.out.splitlines() == [
        "2 calls with 2 messages will count as not sent.",
        "Decided about 2 calls. 2 messages will be sent again.",
    ]
    assert states(engine, firm, packet) == {"ready": 2}
    assert listed(shell, firm)["undecided"] == []
    assert {one["decision"] for one in listed(shell, firm)["decided"]} == {"not_received"}


def test_nothing_is_decided_about_all_without_a_yes(shell, engine, firm, packet, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert shell("message", "resolve-all", str(packet), "received").code == 1
    assert states(engine, firm, packet) == {"unknown": 2}


def test_messages_that_were_due_in_a_span_are_decided_at_once(shell, engine, firm, packet):
    with UnitOfWork(engine, firm.client_id) as uow:
        due = "update message set not_before = '2099-01-02 03:04Z' where packet_id = :packet and row_no = 1"
        uow.execute(text(due), {"packet": packet})
        uow.commit()

    def resolve(outcome, *span):
        done = shell("message", "resolve-all", str(packet), outcome, "--yes", "--json", *span)
        return json.loads(done.out)

    assert resolve("not-received", "--due-from", "2099-01-02 03:05:00")["calls"] == 0
    assert (
        resolve("not-received", "--due-before", "2099-01-02 03:04:00", "--due-from", "2099-01-01")["calls"]
        == 0
    )
    assert resolve("not-received", "--due-from", "2099-01-02 03:04:00") == {
        "calls": 1,
        "received": False,
        "ready": 1,
    }
    assert resolve("received", "--due-before", "2099-01-02 03:04:00") == {
        "calls": 1,
        "received": True,
        "ready": 0,
    }
    assert states(engine, firm, packet) == {"ready": 1, "accepted": 1}


def test_nobody_knows_when_a_message_was_due_that_was_tried_before(shell, engine, firm, packet):
    """Its delay may have been lifted after the backup: it may have gone out long before the time of the backup's delay."""
    with UnitOfWork(engine, firm.client_id) as uow:
        uow.execute(
            text("update message set not_before = '2099-01-02' where packet_id = :packet"), {"packet": packet}
        )
        uow.execute(
            text(
                "update attempt set attempt_no = 2 where message_id in (select id from message where row_no = 1)"
            ),
        )
        uow.commit()

    def resolve(outcome, *span):
        return json.loads(
            shell("message", "resolve-all", str(packet), outcome, "--yes", "--json", *span).out
        )["calls"]

    assert resolve("received", "--due-before", "2099-01-02") == 0, "nor that it went out"
    assert resolve("not-received", "--due-from", "2099-01-02") == 1
    assert states(engine, firm, packet) == {"ready": 1, "unknown": 1}


def test_what_became_known_meanwhile_is_left_alone(engine, firm, packet):
    waiting = decide_many.waiting_calls(engine, None, packet, since=None, until=None)
    assert decide_call(engine, None, waiting.call_ids[0], received=True, by="somebody") == 0
    with UnitOfWork(engine, firm.client_id) as uow:
        known = text("update provider_call set state = 'refused' where id = :id")
        uow.execute(known, {"id": waiting.call_ids[1]})
        uow.commit()
    assert decide_many.decide_calls(engine, None, waiting, received=False, by="another") == (0, 0)
    with UnitOfWork(engine, firm.client_id) as uow:
        decisions = uow.all(
            text("select decided_by from call_check where packet_id = :packet"), {"packet": packet}
        )
    assert {row.decided_by for row in decisions} == {"somebody", None}


def test_all_of_an_unknown_packet(shell):
    unused = "00000000-0000-0000-0000-000000000000"
    assert unused in shell("message", "resolve-all", unused, "received").sentence


def test_an_unknown_code_is_not_found(shell):
    unused = "00000000-0000-0000-0000-000000000000"
    assert f"There is no call {unused}." in shell("message", "resolve", unused, "received").sentence
    assert unused in shell("message", "noted", unused).sentence
