"""Waits between tries that failed: they grow, they end, they are everybody's of that name, and nobody else's."""

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.webapp.conftest import PASSWORD, Person, log_in, token_in
from webapp.app import create_app
from webapp.create_user import create_user
from webapp.fab.log_ins import delays, passwords
from webapp.fab.log_ins.delays import CONFIRM, LOG_IN

DIGEST = "sha256(convert_to('log in' || e'\\n' || lower(:name), 'UTF8'))"


@pytest.fixture
def name():
    return f"Name-{uuid4().hex[:8]}"


@pytest.fixture
def context(app):
    with app.app_context():
        yield


@pytest.fixture
def pass_time(boat):
    """Let `seconds` pass for a name."""

    def pass_time(name, seconds):
        with boat.engine("app").begin() as connection:
            connection.execute(
                text(
                    "update login_delay set tried_at = tried_at - make_interval(secs => :seconds),"
                    f" next_try_at = next_try_at - make_interval(secs => :seconds) where name_digest = {DIGEST}"
                ),
                {"name": name, "seconds": seconds},
            )

    return pass_time


def begin(name):
    return delays.begin_try(LOG_IN, name)


def test_the_sixth_try_waits_and_each_further_one_longer_up_to_a_quarter_of_an_hour(context, name, pass_time):
    assert [begin(name) for _ in range(5)] == [0] * 5
    waits = []
    for _ in range(7):
        waits.append(begin(name))
        pass_time(name, waits[-1] + 1)
        assert begin(name) == 0
    assert [round(wait, -1) for wait in waits] == [30, 60, 130, 260, 510, 900, 900]


def test_asking_while_one_waits_makes_the_wait_no_longer(context, name):
    for _ in range(5):
        begin(name)
    assert {begin(name) for _ in range(20)} <= set(range(25, 33))


def test_a_success_and_a_quiet_day_forget_the_failures(context, name, pass_time):
    for forget in (lambda: delays.succeeded(LOG_IN, name), lambda: pass_time(name, 86_401)):
        for _ in range(6):
            begin(name)
        forget()
        assert [begin(name) for _ in range(5)] == [0] * 5
        assert begin(name) > 0
        delays.succeeded(LOG_IN, name)


def test_what_is_a_day_old_is_deleted(context, boat, name, pass_time):
    begin(name)
    pass_time(name, 86_401)
    delays.succeeded(LOG_IN, "somebody else")
    with boat.engine("app").connect() as connection:
        asked = text(f"select 1 from login_delay where name_digest = {DIGEST}")
        assert connection.execute(asked, {"name": name}).all() == []


def test_one_name_however_it_is_written_and_no_other(context, name):
    for spelling in (name, name.upper(), name.lower(), name + "\0", name):
        begin(spelling)
    assert begin(name) > 0
    assert begin(name + "x") == 0
    assert delays.begin_try(CONFIRM, name) == 0, "who is inside does not wait for who guesses outside"


def test_a_hundred_tries_at_once_are_not_a_hundred_free_ones(app, name):
    def attempt(_number):
        with app.app_context():
            return begin(name)

    with ThreadPoolExecutor(8) as crowd:
        waits = list(crowd.map(attempt, range(100)))
    assert waits.count(0) == 5


def test_another_process_knows_of_the_failures_too(boat, context, name):
    for _ in range(5):
        begin(name)
    with create_app(boat).app_context():
        assert begin(name) > 0


def try_to_log_in(app, name, password):
    person = Person(app.test_client(), name)
    form = {"csrf_token": token_in(person.get("/login/")), "username": name, "password": password}
    return person.browser.post("/login/", data=form)


def test_the_page_says_how_long_to_wait(app, name):
    for _ in range(5):
        assert try_to_log_in(app, name, "guess").status_code == 200
    refused = try_to_log_in(app, name, "guess")
    assert refused.status_code == 429
    assert 25 <= int(refused.headers["Retry-After"]) <= 32
    assert "wrong too often. Wait" in refused.text


def test_the_right_password_waits_like_a_wrong_one_and_then_opens(app, pass_time):
    name = f"agent-{uuid4().hex[:8]}"
    create_user(app, name, PASSWORD, "support")
    for _ in range(5):
        try_to_log_in(app, name, "guess")
    assert try_to_log_in(app, name, PASSWORD).status_code == 429
    pass_time(name, 60)
    log_in(app, name)
    assert try_to_log_in(app, name, "guess").status_code == 200, "the count begins anew"


def try_again(person, name, password):
    form = {"csrf_token": token_in(person.get("/login/")), "username": name, "password": password}
    return person.browser.post("/login/", data=form)


def test_whoever_guesses_elsewhere_cannot_keep_the_owner_out_of_their_own_browser(app):
    name = f"agent-{uuid4().hex[:8]}"
    create_user(app, name, PASSWORD, "support")
    owner = log_in(app, name)
    for _ in range(8):
        try_to_log_in(app, name, "guess")
    assert try_to_log_in(app, name, PASSWORD).status_code == 429
    owner.post("/logout/")
    assert try_again(owner, name, PASSWORD).status_code == 302


def test_a_known_browser_is_slowed_too_and_knows_one_name_alone(app):
    name, stranger = f"agent-{uuid4().hex[:8]}", f"agent-{uuid4().hex[:8]}"
    create_user(app, name, PASSWORD, "support")
    person = log_in(app, name)
    person.post("/logout/")
    assert [try_again(person, name, "guess").status_code for _ in range(6)] == [200] * 5 + [429]
    for _ in range(5):
        try_to_log_in(app, stranger, "guess")
    assert try_again(person, stranger, "guess").status_code == 429


def test_the_word_of_a_known_browser_is_kept_like_the_session_and_tells_no_name(app):
    name = f"agent-{uuid4().hex[:8]}"
    create_user(app, name, PASSWORD, "support")
    answer = try_to_log_in(app, name, PASSWORD)
    (cookie,) = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith("packetboat-browser=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert name not in cookie


def test_a_name_that_nobody_has_takes_as_long_as_one_that_somebody_has(app, clinic):
    """The cost of a try is the hash; one without it would be many times as fast."""

    def seconds(user):
        started = time.perf_counter()
        assert not passwords.proves(user, "guess")
        return time.perf_counter() - started

    with app.app_context():
        user = app.appbuilder.sm.find_user(clinic.person.username)
        assert user.password.split("$")[0] == passwords._nobodys().split("$")[0]
        known, unknown = (min(seconds(one) for _ in range(5)) for one in (user, None))
    assert known / 4 < unknown < known * 4


@pytest.mark.parametrize("password", ["\0", "\0" * 12])
def test_an_empty_password_opens_to_nobody(app, password):
    name = f"agent-{uuid4().hex[:8]}"
    create_user(app, name, "", "support")
    assert try_to_log_in(app, name, password).status_code == 200
    assert try_to_log_in(app, "\0", password).status_code == 200


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "1 second"), (32, "32 seconds"), (128, "3 minutes"), (900, "15 minutes")]
)
def test_waits_in_words(seconds, words):
    assert delays.wait_in_words(seconds) == f"That was wrong too often. Wait {words}, then try again."
