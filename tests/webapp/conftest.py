"""The portal on a real database: an application, clients, and a browser (Flask's test client) per person."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pipelines.bootstrap import Packetboat, secrets_of
from pipelines.settings import Settings
from tests.builders import Business, make_business
from tests.fixtures_sandbox import eventually
from webapp.app import create_app
from webapp.create_user import create_user
from webapp.front.server import server
from webapp.upgrade import upgrade

PASSWORD = "a password for these tests"
PORTAL = "http://portal.test"


@pytest.fixture(scope="session")
def boat(database, tmp_path_factory) -> Packetboat:
    """A Packetboat whose Airflow and providers are on ports without a listener."""
    home: Path = tmp_path_factory.mktemp("home")
    settings = Settings(
        _env_file=None,
        home=home,
        public_url=PORTAL,
        airflow_port=9,
        sandbox_port=9,
        upload_max_bytes=256 * 1024,
    )
    boat = Packetboat(settings, secrets_of(settings) | database.secrets, database.server, database.name)
    upgrade(boat)
    return boat


@pytest.fixture(scope="session")
def app(boat) -> Flask:
    app = create_app(boat)
    app.appbuilder.sm.limiter.enabled = False  # every person of a test comes from the same address
    return app


@dataclass(frozen=True)
class World:
    """Anonymous HTTP access to everything that the portal's address serves."""

    url: str
    clock: int  # of the processor time of the thread that serves it

    def get(self, path: str, **more) -> requests.Response:
        return self.call("GET", path, **more)

    def post(self, path: str, **more) -> requests.Response:
        return self.call("POST", path, **more)

    def call(self, method: str, path: str, **more) -> requests.Response:
        return requests.request(method, self.url + path, timeout=30, allow_redirects=False, **more)


@contextmanager
def serving(app) -> Iterator[World]:
    """The whole front in a thread of this process, until the block ends."""
    program = server(app, "127.0.0.1", 0)
    thread = threading.Thread(target=program.run)
    thread.start()
    eventually(lambda: program.started, within=60)
    url = f"http://127.0.0.1:{program.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield World(url, time.pthread_getcpuclockid(thread.ident))
    finally:
        program.should_exit = True
        thread.join(20)


@pytest.fixture(scope="session")
def world(app) -> Iterator[World]:
    with serving(app) as found:
        yield found


@dataclass(frozen=True)
class Person:
    """A person with a browser. `post` includes the form's CSRF token, as a page would."""

    browser: FlaskClient
    username: str

    def get(self, address: str, **more) -> TestResponse:
        return self.browser.get(address, **more)

    def post(self, address: str, data: dict | None = None, **more) -> TestResponse:
        return self.browser.post(address, data={"csrf_token": self.token()} | (data or {}), **more)

    def token(self) -> str:
        return token_in(self.get("/packets/?show=finished"))


def token_in(page: TestResponse) -> str:
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)[1]


def log_in(app: Flask, username: str, password: str = PASSWORD) -> Person:
    browser = app.test_client()
    token = token_in(browser.get("/login/"))
    answer = browser.post("/login/", data={"csrf_token": token, "username": username, "password": password})
    assert answer.status_code == 302, answer.text
    return Person(browser, username)


@dataclass(frozen=True)
class Clinic:
    """A client with an employee."""

    business: Business
    person: Person


def _clinic(app: Flask, boat: Packetboat) -> Clinic:
    business = make_business(boat.engine("worker"))
    create_user(app, business.slug, PASSWORD, "client", business.slug)
    return Clinic(business, log_in(app, business.slug))


@pytest.fixture(scope="session")
def clinic(app, boat) -> Clinic:
    return _clinic(app, boat)


@pytest.fixture(scope="session")
def other(app, boat) -> Clinic:
    return _clinic(app, boat)


@pytest.fixture
def fresh(app, boat) -> Clinic:
    """A client without packets of other tests."""
    return _clinic(app, boat)


@pytest.fixture(scope="session")
def support(app) -> Person:
    create_user(app, "support.agent", PASSWORD, "support")
    return log_in(app, "support.agent")
