"""A log-in ends by itself: without a deed, after a day, with a new password."""

import time

import pytest

from tests.webapp.conftest import PASSWORD, log_in
from webapp.create_user import create_user
from webapp.sessions import IDLE_CLIENT, IDLE_STAFF, WHOLE


def shifted(person, **seconds):
    """The same session, as if its marks lay further back."""
    with person.browser.session_transaction() as session:
        for name, back in seconds.items():
            session[name] -= back
    return person


def is_in(person):
    return person.get("/packets/").status_code == 200


@pytest.mark.parametrize(
    ("marks", "stays"),
    [
        ({"seen": IDLE_CLIENT - 60}, True),
        ({"seen": IDLE_CLIENT + 1}, False),
        ({"since": WHOLE - 60}, True),
        ({"since": WHOLE + 1}, False),
    ],
)
def test_a_clients_session_ends(app, clinic, marks, stays):
    assert is_in(shifted(log_in(app, clinic.person.username), **marks)) is stays


def test_staff_is_logged_out_sooner(app, support):
    assert is_in(shifted(log_in(app, support.username), seen=IDLE_STAFF - 60))
    assert not is_in(shifted(log_in(app, support.username), seen=IDLE_STAFF + 1))


def test_a_page_that_asks_for_its_own_news_keeps_nobody_logged_in(app, clinic):
    person = shifted(log_in(app, clinic.person.username), seen=1000)
    person.get("/packets/", headers={"HX-Request": "true"})
    with person.browser.session_transaction() as session:
        assert time.time() - session["seen"] > 900
    person.get("/packets/")
    with person.browser.session_transaction() as session:
        assert time.time() - session["seen"] < 60


def test_a_new_password_ends_every_other_session(app, fresh):
    first, second = log_in(app, fresh.person.username), log_in(app, fresh.person.username)
    create_user(app, fresh.person.username, "another password for tests", "client", fresh.business.slug)
    assert not is_in(first)
    assert not is_in(second)
    assert is_in(log_in(app, fresh.person.username, "another password for tests"))
    create_user(app, fresh.person.username, PASSWORD, "client", fresh.business.slug)


def test_an_ended_session_stays_ended(app, clinic):
    person = shifted(log_in(app, clinic.person.username), seen=IDLE_CLIENT + 1)
    assert not is_in(person)
    with person.browser.session_transaction() as session:
        assert "_user_id" not in session
