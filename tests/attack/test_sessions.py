"""A copied cookie is worthless once its log-in has ended, and so is guessing passwords."""

import pytest
import requests
from sqlalchemy import text

from tests.attack.portal import Browser, app, boat, portal, username
from tests.webapp.conftest import PASSWORD
from webapp.create_user import create_user

__all__ = ["app", "boat", "portal", "username"]

NEW = "quite another password"
OWN_PASSWORD = "/resetmypassword/form"
pytestmark = [
    pytest.mark.filterwarnings("ignore:'DateTimeField' renders:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The Query.get"),
    pytest.mark.filterwarnings("ignore:Yielding raw tuples:DeprecationWarning"),
]


@pytest.fixture
def owner(portal, username):
    browser = Browser(portal)
    assert browser.log_in(username).status_code == 302
    return browser


@pytest.fixture
def thief(owner):
    """Somebody who holds a copy of the owner's cookies."""
    stolen = owner.copy(source="127.0.0.9")
    assert stolen.is_in()
    return stolen


@pytest.fixture
def admin(app, portal):
    create_user(app, "head.of.it", PASSWORD, "Admin")
    browser = Browser(portal)
    browser.log_in("head.of.it")
    return browser


def person(boat, username):
    with boat.engine("app").connect() as connection:
        return connection.execute(
            text("select * from ab_user where username = :name"), {"name": username}
        ).one()


def test_the_copy_of_a_cookie_ends_with_the_logout(owner, thief):
    assert owner.post("/logout/", form="/packets/").status_code == 302
    assert not owner.is_in()
    assert not thief.is_in()


def test_after_the_logout_no_password_can_be_set_with_the_copy(boat, owner, thief, username):
    before = person(boat, username).password
    token = thief.get(OWN_PASSWORD).text.split('name="csrf_token" type="hidden" value="')[1].split('"')[0]
    owner.post("/logout/", form="/packets/")
    thief.http.post(
        thief.portal + OWN_PASSWORD,
        data={"csrf_token": token, "password": NEW, "conf_password": NEW, "current": PASSWORD},
        timeout=30,
    )
    assert person(boat, username).password == before


@pytest.mark.parametrize("current", ["", "not the current one", NEW, "\0"])
def test_a_living_session_sets_no_password_without_the_present_one(portal, owner, thief, username, current):
    thief.post(OWN_PASSWORD, form=OWN_PASSWORD, password=NEW, conf_password=NEW, current=current)
    assert Browser(portal).log_in(username, NEW).status_code != 302
    assert Browser(portal).log_in(username).status_code == 302
    assert owner.is_in()


def test_a_new_password_ends_every_session_but_the_one_that_set_it(owner, thief, portal, username):
    elsewhere = Browser(portal)
    elsewhere.log_in(username)
    changed = owner.post(OWN_PASSWORD, form=OWN_PASSWORD, password=NEW, conf_password=NEW, current=PASSWORD)
    assert changed.status_code == 302
    assert owner.is_in()
    assert not thief.is_in()
    assert not elsewhere.is_in()
    assert Browser(portal).log_in(username, NEW).status_code == 302


def edit(admin, boat, username, **changes):
    """Change a person on the administrator's own page."""
    one = person(boat, username)
    page = f"/users/edit/{one.id}"
    form = {
        "first_name": one.first_name,
        "last_name": "X",
        "username": username,
        "email": one.email,
        "active": "y",
        "roles": "3",
    }
    with boat.engine("app").connect() as connection:
        role = connection.scalar(text("select role_id from ab_user_role where user_id = :id"), {"id": one.id})
    form = {name: value for name, value in (form | {"roles": role} | changes).items() if value is not None}
    answer = admin.post(page, form=page, **form)
    assert answer.status_code == 302, answer.text


def test_a_person_who_is_deactivated_is_out_and_stays_out_when_taken_back(
    admin, boat, owner, thief, username
):
    edit(admin, boat, username, active=None)
    assert not owner.is_in()
    edit(admin, boat, username, active="y")
    assert not owner.is_in()
    assert not thief.is_in()


def test_a_cookie_from_before_a_change_of_roles_is_worth_nothing_after_it(admin, app, boat, owner, username):
    with app.app_context():
        role = app.appbuilder.sm.find_role("Public").id
    edit(admin, boat, username, last_name="Same roles")
    assert owner.is_in()
    edit(admin, boat, username, roles=role)
    assert owner.get("/users/userinfo/").status_code == 302
    with app.app_context():
        role = app.appbuilder.sm.find_role("support").id
    edit(admin, boat, username, roles=role)
    assert not owner.is_in()


def test_an_administrators_reset_ends_every_session_of_the_person(admin, boat, owner, thief, username):
    page = f"/resetpassword/form?pk={person(boat, username).id}"
    answer = admin.post(page, form=page, password=NEW, conf_password=NEW, current=PASSWORD)
    assert answer.status_code == 302
    assert not owner.is_in()
    assert not thief.is_in()
    assert admin.is_in()


def test_an_administrators_reset_asks_for_the_administrators_own_password(admin, boat, username):
    before = person(boat, username).password
    page = f"/resetpassword/form?pk={person(boat, username).id}"
    for current in ("", "a guess"):
        admin.post(page, form=page, password=NEW, conf_password=NEW, current=current)
    assert person(boat, username).password == before


def test_a_session_planted_before_the_login_is_not_the_one_after_it(portal, username):
    victim = Browser(portal)
    victim.get("/login/")
    attacker = victim.copy()
    assert victim.log_in(username).status_code == 302
    assert victim.is_in()
    assert not attacker.is_in()


def test_logging_out_everywhere_ends_all_of_ones_own_sessions_and_no_others(
    admin, owner, thief, portal, username
):
    elsewhere = Browser(portal)
    elsewhere.log_in(username)
    assert owner.post("/logout/everywhere/", form="/users/userinfo/").status_code == 302
    assert [one.is_in() for one in (owner, thief, elsewhere, admin)] == [False, False, False, True]


def test_no_other_door_takes_a_name_and_a_password(portal, username):
    credentials = {"username": username, "password": PASSWORD, "provider": "db", "refresh": True}
    for path in ("/api/v1/security/login", "/api/v1/security/refresh", "/api/v1/security/users/"):
        answer = requests.post(portal + path, json=credentials, allow_redirects=False, timeout=30)
        assert answer.status_code in (302, 400, 404), path
        assert "token" not in answer.text


def guesses(portal, name, count, **more):
    return [Browser(portal, **more).log_in(name, f"guess {number}").status_code for number in range(count)]


def test_many_addresses_against_one_name_are_slowed(portal, username):
    answers = [guesses(portal, username, 1, source=f"127.0.0.{10 + number}")[0] for number in range(12)]
    assert answers[:5] == [200] * 5
    assert answers.count(429) >= 5


def test_a_name_that_nobody_has_is_answered_alike(portal, username):
    results = []
    for name in (username, "nobody-" + username):
        statuses = guesses(portal, name, 6)
        page = Browser(portal).log_in(name, "one more")
        results.append((statuses, page.status_code, "Retry-After" in page.headers))
    assert results[0] == results[1]
    assert results[0][1:] == (429, True)


def test_a_log_in_survives_guesses_at_its_password(owner, portal, username):
    guesses(portal, username, 8, source="127.0.0.30")
    assert owner.is_in()
    changed = owner.post(OWN_PASSWORD, form=OWN_PASSWORD, password=NEW, conf_password=NEW, current=PASSWORD)
    assert changed.status_code == 302


def test_the_present_password_cannot_be_guessed_either(boat, thief, username):
    before = person(boat, username).password
    for number in range(6):
        thief.post(
            OWN_PASSWORD, form=OWN_PASSWORD, password=NEW, conf_password=NEW, current=f"guess {number}"
        )
    thief.post(OWN_PASSWORD, form=OWN_PASSWORD, password=NEW, conf_password=NEW, current=PASSWORD)
    assert person(boat, username).password == before
