"""`packet show`: the quality check as a table and as JSON."""

import pytest
from rich.console import Console

from pipelines.cli.packet_page import packet_json, profile_table, quality_table
from pipelines.cli.watch import timeline
from pipelines.reports.packet import PacketPage
from pipelines.store.unit_of_work import UnitOfWork
from tests.webapp.stories import finished, tell_packet, tell_quality


@pytest.fixture
def page(database, business):
    engine = database.engine("worker")
    packet_id = tell_packet(engine, business, state="stopped")
    tell_quality(engine, business, packet_id, past=112, allowed=0.05)
    with UnitOfWork(engine, every_client=True) as uow:
        return PacketPage.read(uow, packet_id)


def test_the_table_shows_each_expectation_with_its_counts(page):
    console = Console(width=120)
    with console.capture() as capture:
        console.print(quality_table(page.quality))
    past = capture.get().splitlines()[-1].split()
    assert " ".join(past) == "▲ The appointments are in the future 112 of 990 in the past 49"


def test_the_table_shows_what_the_fields_look_like(page):
    console = Console(width=120)
    with console.capture() as capture:
        console.print(profile_table(page.quality.profile))
    head, phones = (" ".join(line.split()) for line in capture.get().splitlines())
    assert head == "Fields of 990 usable rows Filled Different Changed Held Length Shapes"
    assert phones == "mobile number 985 970 640 10 12 +9"


def test_steps_rows_and_the_check_are_in_the_language_of_the_terminal(database, business, monkeypatch):
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    packet_id = finished(database.engine("worker"), business)
    tell_quality(database.engine("worker"), business, packet_id, past=112, allowed=0.05)
    with UnitOfWork(database.engine("worker"), every_client=True) as uow:
        page = PacketPage.read(uow, packet_id)
    console = Console(width=160)
    with console.capture() as capture:
        console.print(timeline(page))
        console.print(quality_table(page.quality))
        console.print(profile_table(page.quality.profile))
    shown = capture.get().replace("\u202f", " ").replace("\u00a0", " ")
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert lines[0] == "Étape Durée Entrées Sorties Retenues"
    assert lines[1].startswith("● Charger le fichier 0.4 s")
    assert "1 000 lignes = 959 envoyées + 2 refusées par l’opérateur + 38 retenues + 1 désinscrite." in lines
    assert "▲ Les rendez-vous sont à venir 112 sur 990 dans le passé 49" in lines
    assert any(line.startswith("Champs de 990 lignes utilisables Remplies") for line in lines)
    assert any(line.startswith("numéro de mobile 985") for line in lines)


def test_the_json_document_has_the_same(page):
    profile = packet_json(page)["quality"]["profile"]
    assert (profile["version"], profile["fields"][0]["shapes"]) == (1, (("+9", 985),))
    (usable, past) = packet_json(page)["quality"]["expectations"]
    assert usable["met"]
    assert (past["name"], past["met"]) == ("not_in_the_past", False)
    assert (past["missed"], past["rows"], past["allowed"]) == (112, 990, 49)
    assert (past["words"], past["missed_words"]) == ("The appointments are in the future", "in the past")
    assert packet_json(page)["quality"]["profile"]["fields"][0]["title"] == "mobile number"
