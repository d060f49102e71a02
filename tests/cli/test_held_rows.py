"""`packet held` and the reasons on `packet show`, in the language of the terminal."""

import json

import pytest
from sqlalchemy import text

from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_business
from tests.webapp.stories import tell_held, tell_packet

OTHER_LINES = "update held_row set params = jsonb_build_object('line', row_no) where packet_id = :packet and code = 'duplicate'"


@pytest.fixture
def packet(boat):
    engine = boat.engine("worker")
    business = make_business(engine)
    packet = tell_packet(engine, business, state="settled", total={"held": 3})
    tell_held(engine, business, packet, 3)
    return str(packet)


def test_the_json_lines_have_code_and_sentence(shell, packet, monkeypatch):
    monkeypatch.setenv("LC_ALL", "fr_CA.UTF-8")
    lines = json.loads(shell("packet", "held", packet, "--json").out)
    assert [line["code"] for line in lines] == ["no_address", "duplicate", "duplicate"]
    assert lines[0]["sentence"].startswith("Aucun message ne peut atteindre cette ligne.")
    assert "que la ligne 2" in lines[1]["sentence"]
    assert lines[1].keys() == {"id", "row_no", "line_no", "column_name", "code", "sentence", "value"}


def test_the_table_has_sentences(shell, packet):
    assert "No message can reach" in shell("packet", "held", packet).out


def test_reasons_that_differ_only_in_their_line_are_grouped(boat, shell, packet):
    def reasons():
        held = json.loads(shell("packet", "show", packet, "--json").out)["held"]
        return {(one["code"], one["column_name"], one["rows"]): one["sentence"] for one in held}

    assert "as line 2, which" in reasons()["duplicate", "Mobile", 2]
    with UnitOfWork(boat.engine("worker"), every_client=True) as uow:
        uow.execute(text(OTHER_LINES), {"packet": packet})
        uow.commit()
    assert "as an earlier row, which" in reasons()["duplicate", "Mobile", 2]
    assert len(reasons()) == 2


def test_a_code_that_this_version_does_not_know_is_named(boat, shell, packet):
    with UnitOfWork(boat.engine("worker"), every_client=True) as uow:
        uow.execute(
            text("update held_row set code = 'code_of_tomorrow' where packet_id = :packet"),
            {"packet": packet},
        )
        uow.commit()
    for command in (("held", packet, "--json"), ("show", packet)):
        done = shell("packet", *command)
        assert done.code == 0
        assert "This version of Packetboat has no text" in " ".join(done.out.split())
