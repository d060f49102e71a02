"""Rerunning a step: its effect is shown before the button, and nothing happens while Airflow is unavailable."""

import re

import pytest

from pipelines.actions.packets import rerun_step
from tests.webapp.stories import finished


@pytest.fixture
def packet(boat, clinic):
    return finished(boat.engine("worker"), clinic.business, rows=20, held=2)


def test_the_effect_comes_before_the_button(support, packet):
    page = support.get(f"/packets/{packet}/again/clean").text
    effect = page.index("What will happen")
    assert page.index("<li>", effect) < page.index('type="submit"', effect)
    assert "Cancel" in page


def test_the_page_names_the_steps_that_would_run(support, packet):
    page = support.get(f"/packets/{packet}/again/assemble").text
    assert "Steps that run: Assemble the messages, Send the messages, Account for every row." in page


def test_each_step_that_ran_can_be_rerun(support, packet):
    page = support.get(f"/packets/{packet}").text
    assert page.count("Run again") == 7


def test_afterwards_the_packet_is_watched_for_a_while(support, packet, monkeypatch):
    monkeypatch.setattr(rerun_step, "rerun_step", lambda *_: None)
    address = support.post(f"/packets/{packet}/again/clean").location
    page = support.get(address).text
    assert "“Clean the data” runs again" in page
    assert "data-changes" in page, "even though its state is idle"
    live = re.search(r'hx-get="([^"]+)"', page)[1].replace("&amp;", "&")
    assert "data-changes" in support.get(live).text
    assert "data-changes" not in support.get(re.sub(r"again=\d+", "again=1700000000", address)).text
    assert "data-changes" not in support.get(f"/packets/{packet}?again=nonsense").text


def test_without_airflow_it_says_so_and_changes_nothing(support, packet):
    before = support.get(f"/packets/{packet}/live").text
    answer = support.post(f"/packets/{packet}/again/clean")
    assert answer.status_code == 409
    assert "Airflow does not answer" in answer.text
    assert steps_in(support.get(f"/packets/{packet}/live").text) == steps_in(before)


def steps_in(page):
    return page.split('class="timeline"')[1].split("</ol>")[0]


def test_an_unknown_step_is_not_found(support, packet):
    assert support.get(f"/packets/{packet}/again/everything").status_code == 404
