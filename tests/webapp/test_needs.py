"""A packet that needs attention never looks finished: in the list, its filters, the packet's page, its messages and its rows."""

import re

import pytest
from sqlalchemy import text

from pipelines.language import Sentence, say
from pipelines.reports.marks import Mark, packet_mark
from pipelines.reports.needs import FLAWS, RANK, STALLED, Need
from pipelines.store.unit_of_work import UnitOfWork
from tests.webapp.stories import StoryStep, tell_messages, tell_packet, tell_steps, tell_unknown

PREPARED = [StoryStep(step, 9, 9, 0, 1) for step in ("load", "map_fields", "clean", "check", "assemble")]


def alarm(boat, business, packet, code, cases):
    with UnitOfWork(boat.engine("worker"), business.client_id) as uow:
        uow.execute(
            text(
                "insert into packet_alarm (packet_id, client_id, code, cases) values (:packet, :client, :code, :cases)"
            ),
            {"packet": packet, "client": business.client_id, "code": code, "cases": cases},
        )
        uow.commit()


@pytest.fixture
def unknown(boat, fresh):
    """Settled: five rows sent, three unknown."""
    engine = boat.engine("worker")
    packet = tell_packet(
        engine, fresh.business, state="settled", file_name="day-1.csv", total={"sent": 5, "waiting": 3}
    )
    tell_messages(engine, fresh.business, packet, "sms", {"delivered": 5})
    tell_unknown(engine, fresh.business, packet, 3)
    return packet


@pytest.fixture
def standing(boat, fresh):
    """Its run was ended during dispatch; four messages are ready."""
    engine = boat.engine("worker")
    packet = tell_packet(
        engine,
        fresh.business,
        state="sending",
        file_name="day-2.csv",
        run_id=f"packet-standing-{fresh.business.slug}",
    )
    tell_steps(
        engine, fresh.business, packet, [*PREPARED, StoryStep("dispatch", 5, 5, 0, 1, lane="sms lane 1")]
    )
    tell_messages(engine, fresh.business, packet, "sms", {"delivered": 5, "ready": 4})
    alarm(boat, fresh.business, packet, "run_failed", 4)
    return packet


@pytest.fixture
def flawed(boat, fresh):
    packet = tell_packet(
        boat.engine("worker"), fresh.business, state="settled", file_name="day-3.csv", total={"sent": 5}
    )
    alarm(boat, fresh.business, packet, "rows_differ", 2)
    return packet


@pytest.fixture
def finished(boat, fresh):
    return tell_packet(
        boat.engine("worker"), fresh.business, state="settled", file_name="day-4.csv", total={"sent": 5}
    )


def files_in(person, show):
    return set(re.findall(r"day-(\d+)\.csv</a>", person.get(f"/packets/?show={show}").text))


def test_the_filters_put_each_packet_where_it_belongs(fresh, unknown, standing, flawed, finished):
    assert files_in(fresh.person, "attention") == {"1", "2", "3"}
    assert files_in(fresh.person, "finished") == {"4"}
    assert files_in(fresh.person, "moving") == set()


def test_the_list_says_what_is_wrong_instead_of_finished(fresh, unknown, standing, flawed):
    page = fresh.person.get("/packets/").text
    assert "<span>Finished</span>" not in page
    assert "<span>Being sent</span>" not in page
    for words in ("3 unknown", "Stands still", "Does not add up"):
        assert f"<span>{words}</span>" in page
    assert "3 messages are unknown. The provider may have them" in page
    assert "4 messages are ready but are not being sent" in page


def test_a_packet_with_unknown_messages_says_so_everywhere(fresh, unknown):
    page = fresh.person.get(f"/packets/{unknown}").text
    assert "<span>3 unknown</span>" in page
    assert "<span>Finished</span>" not in page
    assert "3 messages are unknown. The provider may have them, so they are never resent blindly." in page
    assert re.search(r"<dt>unknown: the provider may have them</dt>\s*<dd><a[^>]*>3<", page)
    messages = fresh.person.get(f"/packets/{unknown}/messages").text
    assert "3 messages are unknown" in messages
    assert re.search(r'show=unknown">unknown <span class="soft">3<', messages)
    assert (
        "It is not known whether this message was sent"
        in fresh.person.get(f"/packets/{unknown}/messages/6").text
    )
    assert "It is not known" not in fresh.person.get(f"/packets/{unknown}/messages/5").text


def test_airflows_tab_says_so_too(support, unknown):
    page = support.get(f"/packets/{unknown}?framed=1").text
    assert "<span>3 unknown</span>" in page
    assert "3 messages are unknown" in page


def test_a_stalled_packet_offers_support_a_way_to_continue(fresh, support, standing):
    page = support.get(f"/packets/{standing}").text
    assert "Its run was ended as failed in Airflow. 4 messages are ready but are not being sent." in page
    assert f'href="/packets/{standing}/again/dispatch"' in page.split("</section>")[0]
    assert "data-changes" not in page, "nothing changes, so the page does not listen"
    theirs = fresh.person.get(f"/packets/{standing}").text
    assert "4 messages are ready but are not being sent." in theirs
    assert "Support sees this, too" in theirs
    assert "again/dispatch" not in theirs


def test_a_packet_that_does_not_add_up_says_so(support, flawed):
    page = support.get(f"/packets/{flawed}").text
    assert "<span>Does not add up</span>" in page
    assert "It has 2 rows more or less than were read from its file." in page


def test_a_settled_packet_with_rows_without_an_outcome_is_not_finished(boat, fresh):
    packet = tell_packet(
        boat.engine("worker"), fresh.business, state="settled", total={"sent": 5, "waiting": 2}
    )
    page = fresh.person.get(f"/packets/{packet}").text
    assert "<span>Not finished</span>" in page
    assert "2 rows have no outcome" in page


def test_an_open_page_learns_of_an_alarm(boat, fresh, finished):
    from pipelines.reports.packet import version_of

    def version():
        with UnitOfWork(boat.engine("worker"), fresh.business.client_id) as uow:
            return version_of(uow, finished)

    before = version()
    alarm(boat, fresh.business, finished, "rows_differ", 2)
    assert version() != before


def test_an_earlier_run_of_a_packet_still_leads_to_it(boat, fresh, support, standing):
    with UnitOfWork(boat.engine("worker"), fresh.business.client_id) as uow:
        uow.execute(
            text(
                "insert into outbox (client_id, kind, unique_key, payload) values (:client, 'start_packet', :run,"
                " jsonb_build_object('packet_id', cast(:packet as text), 'run_id', cast(:run as text)))"
            ),
            {"client": fresh.business.client_id, "packet": str(standing), "run": f"packet-{standing}-r1"},
        )
        uow.commit()
    for run in (f"packet-{standing}-r1", f"packet-standing-{fresh.business.slug}"):
        assert support.get(f"/packets/run/{run}").location.endswith(f"/packets/{standing}")
    assert support.get("/packets/run/packet-nobody").status_code == 404


@pytest.mark.parametrize("code", RANK)
@pytest.mark.parametrize("cases", [1, 2000])
def test_every_need_has_complete_sentences(code, cases):
    sentence = say(Need(code, cases).sentence)
    assert sentence[0].isupper() or sentence[0].isdigit()
    assert sentence.endswith(".")
    assert not re.search(r"\b1 \w+s (are|is)\b|2,000 \w+[^s ] (is|are)\b|  ", sentence)


@pytest.mark.parametrize("code", [*FLAWS, *STALLED, "unknown", "unfinished"])
def test_these_needs_replace_the_mark_of_a_good_state(code):
    for state in ("received", "preparing", "sending", "settled"):
        assert packet_mark(state, [Need(code, 2)]).kind == "needs"
    assert packet_mark("stopped", [Need(code, 2)]) == Mark("needs", Sentence("packet_state_stopped"))
    assert packet_mark("settled", [Need("held", 2)]) == Mark("done", Sentence("packet_state_settled"))
