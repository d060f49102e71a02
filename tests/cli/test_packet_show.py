"""`packet show`: the quality check stands in both of its forms."""

import pytest
from rich.console import Console

from pipelines.cli.packet_page import profile_table, quality_table, story
from pipelines.reports.packet import PacketPage
from pipelines.store.unit_of_work import UnitOfWork
from tests.webapp.stories import tell_packet, tell_quality


@pytest.fixture
def page(database, business):
    engine = database.engine("worker")
    packet_id = tell_packet(engine, business, state="stopped")
    tell_quality(engine, business, packet_id, past=112, allowed=0.05)
    with UnitOfWork(engine, every_client=True) as uow:
        return PacketPage.read(uow, packet_id)


def test_a_person_reads_each_expectation_with_its_counts(page):
    console = Console(width=120)
    with console.capture() as told:
        console.print(quality_table(page.quality))
    past = told.get().splitlines()[-1].split()
    assert " ".join(past) == "▲ The appointments are in the future 112 of 990 in the past 49"


def test_a_person_reads_what_the_fields_look_like(page):
    console = Console(width=120)
    with console.capture() as told:
        console.print(profile_table(page.quality.profile))
    head, phones = (" ".join(line.split()) for line in told.get().splitlines())
    assert head == "Fields of 990 usable rows Filled Different Changed Held Length Shapes"
    assert phones == "mobile number 985 970 640 10 12 +9"


def test_a_script_gets_the_same(page):
    profile = story(page)["quality"]["profile"]
    assert (profile["version"], profile["fields"][0]["shapes"]) == (1, (("+9", 985),))
    (usable, past) = story(page)["quality"]["expectations"]
    assert usable["met"]
    assert (past["name"], past["met"]) == ("not_in_the_past", False)
    assert (past["missed"], past["rows"], past["allowed"]) == (112, 990, 49)
