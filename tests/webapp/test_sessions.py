"""A log-in ends after inactivity, after a day and with a new password, and people see where they are logged in."""

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, text

from tests.fixtures_sandbox import eventually
from tests.webapp.conftest import PASSWORD, log_in
from webapp.create_user import create_user
from webapp.fab.log_ins import sessions
from webapp.fab.log_ins.browsers import browser_in_words
from webapp.fab.log_ins.sessions import IDLE_CLIENT, IDLE_STAFF, MAX_LIFETIME

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def portal_sql(boat):
    """Run a statement as the portal."""

    def run(statement, **values):
        with boat.engine("app").begin() as connection:
            result = connection.execute(text(statement), values)
            return result.all() if result.returns_rows else None

    return run


@pytest.fixture
def shifted(portal_sql):
    """The same session with its times moved back, in seconds."""

    def shifted(person, seen=0, since=0):
        portal_sql(
            "update login_session set seen_at = seen_at - make_interval(secs => :seen),"
            " started_at = started_at - make_interval(secs => :since), ends_at = ends_at - make_interval(secs => :since)"
            " where digest = :digest",
            digest=digest(person),
            seen=seen,
            since=since,
        )
        return person

    return shifted


def token(person):
    with person.browser.session_transaction() as session:
        return session.get(sessions.SESSION_KEY)


def digest(person):
    return hashlib.sha256(token(person).encode()).digest()


def is_in(person):
    return person.get("/packets/").status_code == 200


@pytest.mark.parametrize(
    ("times", "stays"),
    [
        ({"seen": IDLE_CLIENT - 60}, True),
        ({"seen": IDLE_CLIENT + 1}, False),
        ({"since": MAX_LIFETIME - 60}, True),
        ({"since": MAX_LIFETIME + 1}, False),
    ],
)
def test_a_clients_session_ends(app, clinic, shifted, times, stays):
    assert is_in(shifted(log_in(app, clinic.person.username), **times)) is stays


def test_staff_are_logged_out_sooner(app, support, shifted):
    assert is_in(shifted(log_in(app, support.username), seen=IDLE_STAFF - 60))
    assert not is_in(shifted(log_in(app, support.username), seen=IDLE_STAFF + 1))


def test_activity_is_recorded_once_a_minute_but_not_that_of_a_page_that_updates_itself(
    app, clinic, shifted, portal_sql
):
    def age():
        statement = (
            "select extract(epoch from now() - seen_at) as age from login_session where digest = :digest"
        )
        return portal_sql(statement, digest=digest(person))[0].age

    person = shifted(log_in(app, clinic.person.username), seen=40)
    person.get("/packets/")
    assert age() >= 40, "within the minute"
    shifted(person, seen=1000)
    person.get("/packets/", headers={"HX-Request": "true"})
    assert age() > 1000
    person.get("/packets/")
    assert age() < 40


def test_a_page_costs_one_read_of_the_session(app, boat, clinic):
    person = log_in(app, clinic.person.username)
    person.get("/packets/")
    statements = []

    def listen(_connection, _cursor, statement, *_more):
        statements.append(statement)

    event.listen(boat.engine("app"), "before_cursor_execute", listen)
    person.get("/packets/")
    event.remove(boat.engine("app"), "before_cursor_execute", listen)
    assert len([statement for statement in statements if "login_session" in statement]) == 1
    assert not [statement for statement in statements if re.match(r"\W*(insert|update|delete)", statement)]


def test_the_database_stores_a_digest_and_never_the_token(app, clinic, portal_sql):
    person = log_in(app, clinic.person.username)
    assert len(token(person)) == 43, "256 bits in base64"
    (row,) = portal_sql("select * from login_session where digest = :digest", digest=digest(person))
    assert token(person) not in str(row)


def test_each_log_in_has_its_own_token_even_in_the_same_browser(app, clinic):
    person = log_in(app, clinic.person.username)
    before = token(person)
    person.post("/logout/")
    page = person.get("/login/").text
    form = {
        "csrf_token": re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1],
        "username": clinic.person.username,
        "password": PASSWORD,
    }
    person.browser.post("/login/", data=form)
    assert token(person) not in {None, before}


def test_a_session_is_valid_only_for_its_own_person(app, clinic, other):
    with log_in(app, clinic.person.username).browser.session_transaction() as theirs:
        borrowed = theirs[sessions.SESSION_KEY]
    person = log_in(app, other.person.username)
    with person.browser.session_transaction() as session:
        session[sessions.SESSION_KEY] = borrowed
    assert not is_in(person)


def test_a_new_password_ends_every_other_session(app, fresh):
    first, second = log_in(app, fresh.person.username), log_in(app, fresh.person.username)
    create_user(app, fresh.person.username, "another password for tests", "client", fresh.business.slug)
    assert not is_in(first)
    assert not is_in(second)
    assert is_in(log_in(app, fresh.person.username, "another password for tests"))


@pytest.mark.parametrize(
    "change",
    [
        "update ab_user set active = false where id = :id",
        "update ab_user set password = 'x' where id = :id",
        "delete from ab_user_role where user_id = :id",
        "insert into ab_user_role (id, user_id, role_id) select nextval('ab_user_role_id_seq'), :id, id from ab_role where name = 'support'",
    ],
)
def test_any_change_of_rights_ends_the_sessions(app, fresh, portal_sql, change):
    (user,) = portal_sql("select id from ab_user where username = :name", name=fresh.person.username)
    assert is_in(fresh.person)
    portal_sql(change, id=user.id)
    assert portal_sql("select 1 from login_session where user_id = :id", id=user.id) == []
    assert not is_in(fresh.person)


def test_a_groups_new_role_ends_the_sessions_of_its_members(app, fresh, portal_sql):
    with app.app_context():
        security = app.appbuilder.sm
        user = security.find_user(fresh.person.username)
        group = security.add_group(f"group of {user.username}", "", "", [], [user])
        user_id, group_id = user.id, group.id
    assert not is_in(fresh.person), "a member has the roles of the group"
    person = log_in(app, fresh.person.username)
    portal_sql(
        "insert into ab_group_role (id, group_id, role_id) select nextval('ab_group_role_id_seq'), :group, id from ab_role where name = 'support'",
        group=group_id,
    )
    assert portal_sql("select 1 from login_session where user_id = :id", id=user_id) == []
    assert not is_in(person)


def test_a_password_that_changes_while_it_is_checked_starts_no_session(app, fresh, monkeypatch, portal_sql):
    """Between the check of the hash and the new session, somebody sets a new password. The old one must not log in."""
    begin = sessions.begin

    def late(user, proved, **more):
        portal_sql("update ab_user set password = 'new' where id = :id", id=user.id)
        return begin(user, proved, **more)

    monkeypatch.setattr(sessions, "begin", late)
    with pytest.raises(AssertionError, match="do not match"):
        log_in(app, fresh.person.username)


def test_a_concurrent_log_in_and_new_password_do_not_deadlock(app, boat, fresh, shifted, portal_sql):
    """The log-in deletes ended sessions and then waits for the person's row, whose holder deletes the same sessions."""
    name = fresh.person.username
    shifted(fresh.person, seen=IDLE_CLIENT + 1)
    with boat.engine("app").connect() as other, ThreadPoolExecutor(1) as pool:
        other.execute(text("update ab_user set last_name = 'X' where username = :name"), {"name": name})
        login = pool.submit(log_in, app, name)
        waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%insert into login_session%'"
        eventually(lambda: portal_sql(waiting), within=60)
        other.execute(text("update ab_user set password = 'new' where username = :name"), {"name": name})
        other.commit()
        with pytest.raises(AssertionError, match="do not match"):
            login.result(30)


def test_the_next_log_in_deletes_ended_sessions(app, clinic, shifted, portal_sql):
    ended = digest(shifted(log_in(app, clinic.person.username), seen=IDLE_CLIENT + 1))
    log_in(app, clinic.person.username)
    assert portal_sql("select 1 from login_session where digest = :digest", digest=ended) == []


def test_an_ended_session_stays_ended(app, clinic, shifted):
    person = shifted(log_in(app, clinic.person.username), seen=IDLE_CLIENT + 1)
    assert not is_in(person)
    with person.browser.session_transaction() as session:
        assert "_user_id" not in session
        assert sessions.SESSION_KEY not in session


def test_the_account_page_lists_where_one_is_logged_in(app, fresh):
    elsewhere = log_in(app, fresh.person.username)
    page = fresh.person.get("/users/userinfo/", headers={"User-Agent": FIREFOX}).text
    assert page.count("This browser") == 1
    assert page.count("Another browser") == 2, "Flask's test client has no known name"
    assert "Log out everywhere" in page
    elsewhere.post("/logout/")
    assert fresh.person.get("/users/userinfo/").text.count("Another browser") == 1


def test_the_worker_may_not_read_sessions(database):
    with (
        database.engine("worker").connect() as connection,
        pytest.raises(Exception, match="permission denied"),
    ):
        connection.execute(text("select 1 from login_session"))


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
            "Chrome on Windows",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/18.6 Mobile/15E148 Safari/604.1",
            "Safari on an iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
            "Samsung Internet on Android",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.6 Safari/605.1.15",
            "Safari on a Mac",
        ),
        ("<script>", "Another browser"),
        ("", "Another browser"),
    ],
)
def test_a_browser_in_words(user_agent, words):
    assert browser_in_words(user_agent) == words
