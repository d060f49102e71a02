"""The portal names steps, states and outcomes in the language of its reader, and says which language that is."""

import pytest

from pipelines.states import STEPS
from tests.webapp.conftest import log_in
from tests.webapp.stories import finished, tell_messages, tell_packet


@pytest.fixture
def reader(app, clinic):
    """A person who has chosen French."""
    person = log_in(app, clinic.person.username)
    assert person.get("/lang/fr").status_code == 302
    return person


def test_steps_and_totals_are_in_french(boat, clinic, reader):
    packet = finished(boat.engine("worker"), clinic.business)
    page = reader.get(f"/packets/{packet}").text
    assert '<html lang="fr">' in page
    for words in ("Charger le fichier", "Associer les champs", "Rendre compte de chaque ligne"):
        assert f"<h3>{words}</h3>" in page
    assert page.count('<span class="out">terminé</span>') == len(STEPS)
    assert "<span>Terminé</span>" in page
    for words in ("envoyées", "refusées par l’opérateur", "retenues", "désinscrite"):
        assert f"<dt>{words}</dt>" in page


def test_a_step_that_has_not_started_says_what_it_is_for(boat, clinic, reader):
    packet = tell_packet(boat.engine("worker"), clinic.business, state="received")
    assert (
        "Un message par personne, exactement tel qu’il sera envoyé." in reader.get(f"/packets/{packet}").text
    )
    assert "Envoyer les messages.</strong>" in reader.get("/send/").text


def test_states_of_messages_are_in_french(boat, clinic, reader):
    packet = tell_packet(boat.engine("worker"), clinic.business, state="sending")
    tell_messages(boat.engine("worker"), clinic.business, packet, "sms", {"delivered": 1, "suppressed": 1})
    page = reader.get(f"/packets/{packet}/messages").text
    assert "<span>Distribué</span>" in page
    assert "<span>Désinscrit</span>" in page
    filters = page.split('class="chips"')[1].split("</nav>")[0]
    assert ">distribué" in filters
    assert ">envoyé</a>" in filters
    row = reader.get(f"/packets/{packet}/messages/1").text
    assert "<span>Distribué</span>" in row


@pytest.mark.parametrize(("preference", "language"), [("vi, fr;q=0.5", "vi"), ("tlh", "en")])
def test_without_a_log_in_the_browsers_language_is_used(app, preference, language):
    page = app.test_client().get("/login/", headers={"Accept-Language": preference}).text
    assert f'<html lang="{language}">' in page
