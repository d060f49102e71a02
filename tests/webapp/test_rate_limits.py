"""Rate limits are shared by all processes of the portal, and survive a restart."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from limits import RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import text

from tests.webapp.conftest import PASSWORD, log_in, token_in
from webapp.app import create_app
from webapp.fab.rate_limits import PostgresStorage


@pytest.fixture
def storage(boat):
    storage = PostgresStorage(engine=boat.engine("app"))
    storage.reset()
    yield storage
    storage.reset()


def guess(browser, names):
    form = {"csrf_token": token_in(browser.get("/login/")), "password": "guess"}
    return [browser.post("/login/", data=form | {"username": name}).status_code for name in names]


def test_two_portals_together_limit_one_address_that_tries_many_names(boat, storage):
    first, second = (create_app(boat).test_client() for _ in range(2))
    assert guess(first, [f"somebody-{number}" for number in range(12)]) == [200] * 12
    assert guess(second, [f"anybody-{number}" for number in range(10)]) == [200] * 8 + [429] * 2
    assert guess(first, ["nobody"]) == [429]
    restarted = create_app(boat).test_client()
    assert guess(restarted, ["nobody"]) == [429]


def test_processes_share_log_ins(boat, app, clinic):
    person = log_in(app, clinic.person.username)
    other = create_app(boat).test_client()
    for cookie in person.browser._cookies.values():
        other.set_cookie(cookie.key, cookie.value)
    assert other.get("/packets/").status_code == 200
    assert person.post("/logout/").status_code == 302
    assert other.get("/packets/").status_code == 302


def test_a_hundred_concurrent_hits_are_all_counted(storage):
    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda _: storage.incr("a key", 60), range(100)))
    assert sorted(counts) == list(range(1, 101))
    assert storage.get("a key") == 100


def test_a_new_window_starts_at_zero(storage):
    limiter, once = FixedWindowRateLimiter(storage), RateLimitItemPerSecond(2)
    assert [limiter.hit(once, "somebody") for _ in range(3)] == [True, True, False]
    assert 0 < limiter.get_window_stats(once, "somebody").reset_time - time.time() <= 1
    time.sleep(1.1)
    assert limiter.get_window_stats(once, "somebody").remaining == 2
    assert limiter.hit(once, "somebody")


def test_ended_windows_are_deleted(storage, boat):
    for number in range(5):
        storage.incr(f"old {number}", 1)
    time.sleep(1.1)
    storage.incr("new", 60)
    with boat.engine("app").connect() as connection:
        assert connection.scalar(text("select count(*) from rate_limit")) == 1


def test_a_limit_can_be_cleared(storage):
    limiter, rarely = FixedWindowRateLimiter(storage), RateLimitItemPerMinute(1)
    assert [limiter.hit(rarely, "somebody") for _ in range(2)] == [True, False]
    limiter.clear(rarely, "somebody")
    assert limiter.hit(rarely, "somebody")
    assert storage.check()


def test_no_address_is_stored(storage, boat):
    storage.incr("LIMITER/192.0.2.7/login", 60)
    with boat.engine("app").connect() as connection:
        assert "192.0.2.7" not in str(connection.execute(text("select * from rate_limit")).all())


def test_the_worker_has_no_access(boat, storage):
    with boat.engine("worker").connect() as connection:
        assert not connection.scalar(
            text("select has_table_privilege('rate_limit', 'select, insert, update, delete')")
        )


def test_attempts_are_allowed_again_after_the_window(boat, storage, clinic):
    app = create_app(boat)
    guess(app.test_client(), [f"somebody-{number}" for number in range(21)])
    with boat.engine("app").begin() as connection:
        connection.execute(text("update rate_limit set ends_at = clock_timestamp() - interval '1 second'"))
    log_in(app, clinic.person.username, PASSWORD)
