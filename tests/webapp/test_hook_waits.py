"""However long a hook has to wait, the provider is answered before it gives up, and told to repeat the call."""

import asyncio

import pytest
from sqlalchemy import text

from tests.webapp.test_hooks import twilio_call
from webapp.public import hooks as module
from webapp.public import writer
from webapp.public.hooks import MAX_BYTES, THREADS, Hooks


@pytest.fixture
def hooks(boat, monkeypatch):
    """Hooks that wait for a short time, with a statement that may take a minute."""
    monkeypatch.setattr(module, "TIMEOUT", 0.3)
    monkeypatch.setattr(writer, "TIMEOUT", 60.0)
    return lambda: Hooks(boat, boat.engine("app"))


async def status(hooks, path, body, headers=()):
    """The status of one call, by the ASGI protocol."""
    sent = []
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": query.encode(),
        "headers": headers,
    }

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    await asyncio.wait_for(hooks(scope, receive, send), 20)
    return sent[0]["status"]


def test_a_callback_does_not_wait_for_a_slow_database(boat, hooks):
    path, form, signed = twilio_call(boat)
    body = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in form.items()).encode()
    headers = [(name.lower().encode(), value.encode()) for name, value in signed.items()]

    async def call():
        own = hooks()
        try:
            return await status(own, path, body, headers)
        finally:
            await own.close()

    with boat.engine("app").connect() as other:
        other.execute(text("lock table event_inbox in exclusive mode"))
        assert asyncio.run(call()) == 503
    assert asyncio.run(call()) == 200


def test_a_body_that_is_too_long_does_not_wait_for_a_thread(hooks):
    async def call():
        own = hooks()
        for busy in range(THREADS):
            own._threads.acquire_on_behalf_of_nowait(busy)
        return await status(own, "/hooks/twilio", b"x" * (MAX_BYTES + 1))

    assert asyncio.run(call()) == 503
