"""A provider or webhook that accepts connections and never answers costs an errand a bounded time, and what it did is recorded."""

import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest

from pipelines import clock, errands
from pipelines.actions import recurring, time_budget
from pipelines.actions.messages.poll import poll_reports
from pipelines.actions.messages.reconcile import reconcile
from pipelines.actions.people.deliver_replies import deliver_replies
from pipelines.providers.carriers.twilio import Twilio
from pipelines.settings import Settings
from tests.actions.messages.conftest import boat, raw_server, receiver, sandbox
from tests.fixtures_sandbox import EVERYTHING, SECRETS, read_request
from tests.reconciling import lost
from tests.replies.test_delivery import KEYS, to
from tests.replies.test_matching import reply
from tests.replying import wrote
from tests.sending import make_sending, phones

__all__ = ["boat", "raw_server", "receiver", "sandbox"]


@pytest.fixture
def hanging(raw_server):
    """A server that reads each request and says nothing until its caller leaves."""

    def behave(connection):
        read_request(connection)
        connection.recv(1)

    return raw_server(behave)


def with_provider(boat, url):
    accounts = {"twilio_base_url": url}
    return Settings(
        _env_file=None, home=boat.settings.home, accounts=accounts, connect_timeout=0.5, call_timeout=0.3
    )


def slow(monkeypatch, method):
    """Let each answer of the provider's list, or about a call, take a tenth of a second, by the errand's own clock."""
    quick, passed = getattr(Twilio, method), []

    def answer(carrier, what):
        found = quick(carrier, what)
        passed.append(0.1)
        return found

    monkeypatch.setattr(Twilio, method, answer)
    monkeypatch.setattr(time_budget, "time", SimpleNamespace(monotonic=lambda: sum(passed)))


def unread(boat, packet):
    query = "select failures, next_at > clock_timestamp() + :ahead as later from call_check where packet_id = :packet"
    return [tuple(row) for row in boat.rows(query, packet=packet, ahead=timedelta(minutes=2))]


def test_the_lists_of_a_hanging_provider_are_not_read_one_by_one(boat, hanging):
    packet, _ = lost(boat, phones(40))
    with clock.set_to(datetime.now(UTC) + timedelta(minutes=2)):
        reconcile(boat.worker, with_provider(boat, hanging.url), SECRETS)
    assert len(hanging.connections) <= 8, "one per thread; then the provider is left alone"
    assert unread(boat, packet) == [(1, True)] * 40


def test_a_wait_begins_when_the_list_was_read(boat, hanging, monkeypatch):
    """Otherwise a batch that takes longer than its delay is due again at once, for ever."""
    monkeypatch.setattr("pipelines.actions.messages.reconcile.FIRST_DELAY", timedelta(seconds=0.2))
    packet, _ = lost(boat, phones(1))
    with clock.set_to(datetime.now(UTC) + timedelta(minutes=2)):
        reconcile(boat.worker, with_provider(boat, hanging.url), SECRETS)
    assert [failures for failures, _ in unread(boat, packet)] == [1]


def test_what_there_was_no_time_for_is_due_at_once(boat, sandbox, monkeypatch):
    packet, _ = lost(boat, phones(30))
    slow(monkeypatch, "find")
    monkeypatch.setattr(time_budget, "SECONDS", 0.2)
    with clock.set_to(datetime.now(UTC) + timedelta(minutes=2)):
        found = reconcile(boat.worker, boat.settings, SECRETS).found
        assert 0 < found < 30
        monkeypatch.setattr(time_budget, "SECONDS", 60.0)
        assert reconcile(boat.worker, boat.settings, SECRETS).found == 30 - found
    assert "unknown" not in boat.states(packet)


def sent(boat, count):
    packet = make_sending(boat.worker, boat.business, phones(count), "sms")
    boat.run("dispatch", packet, "sms lane 1")
    boat.run("settle", packet)
    return packet


def test_a_hanging_provider_is_not_asked_for_each_report(boat, hanging):
    packet = sent(boat, 40)
    with clock.set_to(datetime.now(UTC) + timedelta(minutes=40)):
        done = poll_reports(boat.worker, with_provider(boat, hanging.url), SECRETS)
    assert len(hanging.connections) <= 4
    assert (done.asked, done.answered) == (40, 0)
    [(owner, waits)] = boat.rows(
        "select owner, next_at > now() + interval '49 minutes' from report_poll where packet_id = :packet",
        packet=packet,
    )
    assert (owner, waits) == (None, True)


def test_slow_reports_are_asked_for_over_several_runs(boat, sandbox, monkeypatch):
    packet = sent(boat, 30)
    time.sleep(EVERYTHING)
    slow(monkeypatch, "report")
    monkeypatch.setattr(time_budget, "SECONDS", 0.3)
    with clock.set_to(datetime.now(UTC) + timedelta(minutes=40)):
        first = poll_reports(boat.worker, boat.settings, SECRETS)
        assert 0 < first.asked < 30
        monkeypatch.setattr(time_budget, "SECONDS", 60.0)
        second = poll_reports(boat.worker, boat.settings, SECRETS)
    assert first.asked + second.asked == 30
    assert boat.states(packet) == {"delivered": 30}


def test_a_hanging_webhook_is_called_once_per_run(boat, hanging, monkeypatch):
    monkeypatch.setattr("pipelines.providers.http.outward.SECONDS", 0.3)
    boat.settings.webhooks_to_this_machine = True
    deliver_replies(boat.worker, boat.settings, KEYS)  # what other tests have promised
    to(boat, forward_by="webhook", forward_to=hanging.url)
    people = [f"+1212{uuid4().int % 10_000_000:07d}" for _ in range(4)]
    wrote(boat, people)
    for one in people:
        reply(boat, "hello", one)
    assert deliver_replies(boat.worker, boat.settings, KEYS) == 0
    assert len(hanging.connections) == 1
    query = "select tries, next_try_at > now() as waits from outbox where client_id = :client and kind = 'reply_forward'"
    rows = boat.rows(query, client=boat.business.client_id)
    assert sorted(row.tries for row in rows) == [0, 0, 0, 1]
    assert all(row.waits for row in rows)


def test_replies_stop_when_their_time_is_spent(boat, receiver, monkeypatch):
    boat.settings.webhooks_to_this_machine = True
    deliver_replies(boat.worker, boat.settings, KEYS)
    to(boat, forward_by="webhook", forward_to=receiver.url)
    wrote(boat, [person := f"+1212{uuid4().int % 10_000_000:07d}"])
    reply(boat, "hello", person)
    monkeypatch.setattr(time_budget, "SECONDS", 0.0)
    assert deliver_replies(boat.worker, boat.settings, KEYS) == 0
    monkeypatch.setattr(time_budget, "SECONDS", 60.0)
    assert deliver_replies(boat.worker, boat.settings, KEYS) == 1


def test_errands_that_wait_for_others_come_last():
    calling = len(recurring.CALLING)
    names = [errand.__name__ for errand in errands.ERRANDS]
    assert names[-calling:] == [errand.__name__ for errand in recurring.CALLING]
    # The last call of each may begin just before its time is spent.
    longest = calling * (time_budget.SECONDS + Settings(_env_file=None).call_timeout)
    assert longest < 600, "the task's execution_timeout"
