"""The command line reports what needs attention, with counts and an exit code."""

import json

import pytest
from sqlalchemy import text

from pipelines.store.unit_of_work import UnitOfWork
from tests.webapp.stories import tell_messages, tell_packet, tell_unknown


@pytest.fixture
def unknown(engine, firm):
    packet = tell_packet(engine, firm, state="settled", total={"waiting": 3})
    tell_unknown(engine, firm, packet, 3)
    return packet


@pytest.fixture
def suppressed(engine, firm):
    """A packet that ended well."""
    packet = tell_packet(engine, firm, state="settled", total={"suppressed": 2})
    tell_messages(engine, firm, packet, "sms", {"suppressed": 2})
    return packet


def change(engine, firm, statement, **values):
    with UnitOfWork(engine, firm.client_id) as uow:
        uow.execute(text(statement), values)
        uow.commit()


def show(shell, packet):
    done = shell("packet", "show", str(packet), "--json")
    return done.code, {need["code"]: need["cases"] for need in json.loads(done.out)["packet"]["needs"]}


def test_a_packet_that_ended_well_is_shown_with_code_0(shell, suppressed):
    assert show(shell, suppressed) == (0, {})


def test_unknown_messages_are_shown_with_their_number_and_code_3(shell, unknown):
    assert show(shell, unknown) == (3, {"unknown": 3})
    done = shell("packet", "show", str(unknown))
    assert done.code == 3
    assert "3 messages are unknown" in done.out


def test_held_rows_are_for_the_client_and_no_failure(shell, engine, firm):
    packet = tell_packet(engine, firm, state="settled", total={"held": 1})
    change(
        engine, firm,
        "insert into data_packet_row (packet_id, row_no, client_id, line_no, cells) values (:packet, 1, :client, 2, array['x'])",
        packet=packet, client=firm.client_id,
    )  # fmt: skip
    change(
        engine, firm,
        "insert into held_row (packet_id, row_no, client_id, step, line_no, code) values (:packet, 1, :client, 'clean', 2, 'short_number')",
        packet=packet, client=firm.client_id,
    )  # fmt: skip
    assert show(shell, packet) == (0, {"held": 1})


def test_a_packet_is_recounted_when_it_is_shown(shell, engine, firm, suppressed):
    change(engine, firm, "delete from message where packet_id = :packet and row_no = 2", packet=suppressed)
    assert show(shell, suppressed) == (3, {"totals_differ": 1, "rows_without_outcome": 1})


def test_a_stalled_packet_shows_the_command_that_resumes_it(shell, engine, firm):
    packet = tell_packet(engine, firm, state="sending")
    change(
        engine, firm, "insert into packet_alarm (packet_id, client_id, code, cases) values (:packet, :client, 'run_failed', 4)",
        packet=packet, client=firm.client_id,
    )  # fmt: skip
    done = shell("packet", "show", str(packet))
    assert done.code == 3
    assert f"packetboat packet rerun {packet} --from load" in done.out


def test_doctor_counts_the_packets_that_need_attention_and_names_the_latest(shell, engine, firm, unknown):
    done = shell("doctor", "--json")
    findings = [one for one in json.loads(done.out) if one["matter"] == "packets"]
    (finding,) = (one for one in findings if "unknown" in one["sentence"])
    assert (done.code, finding["state"]) == (3, "wrong")
    assert str(unknown) in finding["sentence"]


def test_doctor_counts_the_messages_of_all_packets_in_the_plural(shell, engine, firm):
    packet = tell_packet(engine, firm, state="sending")
    change(
        engine, firm, "insert into packet_alarm (packet_id, client_id, code, cases) values (:packet, :client, 'provider_down', 8)",
        packet=packet, client=firm.client_id,
    )  # fmt: skip
    sentences = [one["sentence"] for one in json.loads(shell("doctor", "--json").out)]
    (sentence,) = (one for one in sentences if "refuses our account" in one)
    assert " messages wait." in sentence
