"""`packet list`: how an operator finds a packet without the portal."""

import json

import pytest
from sqlalchemy import text

from pipelines.reports import packets as reports
from pipelines.store.unit_of_work import UnitOfWork
from tests.webapp.stories import tell_packet


@pytest.fixture
def packets(engine, firm):
    """The IDs of three packets, the newest first."""
    made = [
        tell_packet(engine, firm, state="settled", file_name=f"day-{day}.csv", total={"sent": 2})
        for day in range(3)
    ]
    return [str(packet) for packet in reversed(made)]


def test_the_newest_come_first_with_their_ids(shell, firm, packets):
    lines = shell("packet", "list", "--client", firm.slug).out.splitlines()
    assert [line.split()[0] for line in lines] == packets
    assert " day-2.csv of " in lines[0]
    document = json.loads(shell("packet", "list", "--client", firm.slug, "--json").out)
    assert [one["id"] for one in document["packets"]] == packets
    assert document["more"] is False


def test_a_list_that_is_cut_says_so(shell, firm, packets, monkeypatch):
    monkeypatch.setattr(reports, "PAGE", 1)
    lines = shell("packet", "list", "--client", firm.slug).out.splitlines()
    assert [line.split()[0] for line in lines[:2]] == packets[:2]
    assert lines[2:] == ["These are the newest 2; there are more."]


def test_only_those_that_need_somebody(shell, engine, firm, packets):
    needing = ("packet", "list", "--client", firm.slug, "--needs")
    assert shell(*needing).out == "No packet needs you.\n"
    with UnitOfWork(engine, firm.client_id) as uow:
        uow.execute(text("update data_packet set state = 'stopped' where id = :id"), {"id": packets[1]})
        uow.commit()
    (line,) = shell(*needing).out.splitlines()
    assert line.startswith(packets[1])


def test_a_file_name_cannot_forge_a_line(shell, engine, firm):
    packet = tell_packet(
        engine, firm, state="settled", file_name="a.csv\n0  forged\u2028b.csv", total={"sent": 2}
    )
    (line,) = shell("packet", "list", "--client", firm.slug).out.splitlines()
    assert line.startswith(str(packet))
    assert r"a.csv\n0  forged\u2028b.csv of " in line
