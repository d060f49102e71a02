"""Delays after failed log-ins: they grow, they end, and they apply per name."""

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


def test_the_sixth_attempt_waits_and_each_further_one_longer_up_to_a_quarter_of_an_hour(
    context, name, pass_time
):
    assert [begin(name) for _ in range(5)] == [0] * 5
    waits = []
    for _ in range(7):
        waits.append(begin(name))
        pass_time(name, waits[-1] + 1)
        assert begin(name) == 0
    assert [round(wait, -1) for wait in waits] == [30, 60, 130, 260, 510, 900, 900]


def test_attempts_during_a_delay_do_not_extend_it(context, name):
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


def test_failures_are_deleted_after_a_day(context, boat, name, pass_time):
    begin(name)
    pass_time(name, 86_401)
    delays.succeeded(LOG_IN, "somebody else")
    with boat.engine("app").connect() as connection:
        statement = text(f"select 1 from login_delay where name_digest = {DIGEST}")
        assert connection.execute(statement, {"name": name}).all() == []


def test_all_spellings_of_a_name_count_together_and_no_other_name(context, name):
    for spelling in (name, name.upper(), name.lower(), name + "\0", name):
        begin(spelling)
    assert begin(name) > 0
    assert begin(name + "x") == 0
    assert delays.begin_try(CONFIRM, name) == 0, (
        "guesses at the log-in do not delay a person who is logged in"
    )


def test_a_hundred_concurrent_attempts_are_not_all_free(app, name):
    def attempt(_number):
        with app.app_context():
            return begin(name)

    with ThreadPoolExecutor(8) as crowd:
        waits = list(crowd.map(attempt, range(100)))
    assert waits.count(0) == 5


def test_processes_share_the_failures(boat, context, name):
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
    assert "Too many wrong attempts. Wait" in refused.text


def test_the_right_password_waits_like_a_wrong_one_and_then_logs_in(app, pass_time):
    name = f"agent-{uuid4().hex[:8]}"
    create_user(app, name, PASSWORD, "support")
    for _ in range(5):
        try_to_log_in(app, name, "guess")
    assert try_to_log_in(app, name, PASSWORD).status_code == 429
    pass_time(name, 60)
    log_in(app, name)
    assert try_to_log_in(app, name, "guess").status_code == 200, "the count starts again"


def try_again(person, name, password):
    form = {"csrf_token": token_in(person.get("/login/")), "username": name, "password": password}
    return person.browser.post("/login/", data=form)


def test_guesses_elsewhere_do_not_lock_the_owner_out_of_their_own_browser(app):
    name = f"agent-{uuid4().hex[:8]}"
    create_user(app, name, PASSWORD, "support")
    owner = log_in(app, name)
    for _ in range(8):
        try_to_log_in(app, name, "guess")
    assert try_to_log_in(app, name, PASSWORD).status_code == 429
    owner.post("/logout/")
    assert try_again(owner, name, PASSWORD).status_code == 302


def test_a_known_browser_is_slowed_too_and_known_for_one_name_only(app):
    name, stranger = f"agent-{uuid4().hex[:8]}", f"agent-{uuid4().hex[:8]}"
    create_user(app, name, PASSWORD, "support")
    person = log_in(app, name)
    person.post("/logout/")
    assert [try_again(person, name, "guess").status_code for _ in range(6)] == [200] * 5 + [429]
    for _ in range(5):
        try_to_log_in(app, stranger, "guess")
    assert try_again(person, stranger, "guess").status_code == 429


def test_the_cookie_of_a_known_browser_is_protected_like_the_session_and_contains_no_name(app):
    name = f"agent-{uuid4().hex[:8]}"
    create_user(app, name, PASSWORD, "support")
    answer = try_to_log_in(app, name, PASSWORD)
    (cookie,) = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith("packetboat-browser=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert name not in cookie


def test_an_unknown_name_takes_as_long_as_a_known_one(app, clinic):
    """An attempt costs as much as its hash; without one it would be many times as fast."""

    def seconds(user):
        started = time.perf_counter()
        assert not passwords.is_correct(user, "guess")
        return time.perf_counter() - started

    with app.app_context():
        user = app.appbuilder.sm.find_user(clinic.person.username)
        assert user.password.split("$")[0] == passwords._dummy_hash().split("$")[0]
        known, unknown = (min(seconds(one) for _ in range(5)) for one in (user, None))
    assert known / 4 < unknown < known * 4


@pytest.mark.parametrize("password", ["\0", "\0" * 12])
def test_an_empty_password_never_logs_in(app, password):
    name = f"agent-{uuid4().hex[:8]}"
    create_user(app, name, "", "support")
    assert try_to_log_in(app, name, password).status_code == 200
    assert try_to_log_in(app, "\0", password).status_code == 200


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "1 second"), (32, "32 seconds"), (128, "3 minutes"), (900, "15 minutes")]
)
def test_waits_in_words(seconds, words):
    assert delays.wait_in_words(seconds) == f"Too many wrong attempts. Wait {words}, then try again."
