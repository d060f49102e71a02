"""What a portal stored and could not process, because it was killed, is processed by its successor at once."""

import threading
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from sqlalchemy.exc import OperationalError, ProgrammingError

from pipelines.domain.sending import HookRequest
from pipelines.events.inbox import store
from pipelines.providers.carriers import carrier_named
from tests.fixtures_sandbox import eventually
from tests.replying import twilio_reply, wrote
from tests.sending import boat_for
from tests.webapp.conftest import PORTAL, serving
from tests.webapp.test_hooks import accepted_message, state_within
from tests.webapp.test_reply_hooks import post
from webapp.public.drain import Drain


@pytest.fixture
def killed_too_early(monkeypatch):
    """The portal stores and dies before it processes anything."""
    with monkeypatch.context() as dying:
        dying.setattr(Drain, "wake", lambda _self: None)
        yield dying.undo


def test_a_stop_is_read_by_the_next_portal(boat, app, clinic, world, tmp_path, killed_too_early):
    """No pulse runs here."""
    sending = boat_for(boat.engine("worker"), clinic.business, tmp_path, "http://127.0.0.1:9")
    person = f"+1212{uuid4().int % 10_000_000:07d}"
    wrote(sending, [person])
    assert post(world, twilio_reply(boat, "STOP", person)).status_code == 200
    query = "select reason from suppression where address = :person and client_id = :client"
    asked = {"person": person, "client": clinic.business.client_id}
    assert sending.rows(query, **asked) == []
    killed_too_early()
    with serving(app):
        assert eventually(lambda: sending.rows(query, **asked), within=60)


def test_a_delivery_is_applied_by_the_next_portal(boat, app, clinic):
    message, (path, form, headers) = accepted_message(boat, clinic)
    twilio = carrier_named("twilio", boat.settings, boat.secrets)
    store(
        boat.engine("app"),
        twilio.read_events(HookRequest(PORTAL + path, headers, urlencode(form).encode())),
        {},
    )
    assert state_within(boat, clinic, message, 0.5) == "accepted"
    with serving(app):
        assert state_within(boat, clinic, message, 5.0) == "delivered"


@pytest.mark.parametrize(("failure", "times"), [(OperationalError, 2), (ProgrammingError, 1)])
def test_a_drain_tries_again_only_when_the_database_was_away(monkeypatch, failure, times):
    monkeypatch.setattr("webapp.public.drain.PAUSE", 0.0)
    monkeypatch.setattr("webapp.public.drain.TOGETHER", 0.0)
    calls, ended = [], threading.Event()

    def process(_engine):
        calls.append(1)
        if len(calls) == 1:
            raise failure("statement", {}, Exception())
        ended.set()

    Drain(None, "test", process).wake()
    ended.wait(20.0 if times > 1 else 1.0)
    assert len(calls) == times


def test_an_error_of_any_kind_does_not_end_a_drain(monkeypatch):
    monkeypatch.setattr("webapp.public.drain.PAUSE", 0.0)
    monkeypatch.setattr("webapp.public.drain.TOGETHER", 0.0)
    began, went_on = threading.Event(), threading.Event()

    def process(_engine):
        if not began.is_set():
            began.set()
            raise ValueError("one reply")
        went_on.set()

    drain = Drain(None, "test", process)
    drain.wake()
    assert began.wait(20.0)
    drain.wake()
    assert went_on.wait(20.0)
