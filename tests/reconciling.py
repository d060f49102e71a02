"""Calls whose outcome is unknown, at the sandbox: for the tests of reconciliation, polling and decisions."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from pipelines import clock
from pipelines.actions.messages.reconcile import reconcile
from pipelines.domain.sending import Answer, Outgoing, Verdict
from pipelines.events.sweep import close_dead_calls
from pipelines.providers.carriers import carrier_named
from pipelines.steps.dispatch.claim import Claims, Terms
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.steps.dispatch.record import Recorder
from pipelines.steps.dispatch.send import Sent
from tests.fixtures_sandbox import SECRETS
from tests.sending import make_sending

MINUTE = timedelta(minutes=1)
LEASE = 110.0


def claim(boat, addresses, channel="sms", *, same_text=False, **timing):
    """A packet whose messages are claimed and begun by a lane that has not called yet; the packet and its calls."""
    packet = make_sending(boat.worker, boat.business, addresses, channel, **timing)
    boat.change("update data_packet set state = 'sending' where id = :packet", packet=packet)
    if same_text:
        boat.change("update message set body = 'The same' where packet_id = :packet", packet=packet)
    provider = "twilio" if channel == "sms" else "mailgun"
    (sender,) = boat.rows("select id from sender where channel = :channel", channel=channel)
    per_call = 1 if channel == "sms" else 1000
    terms = Terms(
        boat.business.client_id, packet, channel, provider, sender.id, uuid4(), 1000, per_call, LEASE
    )
    with LaneDatabase(boat.worker, boat.business.client_id) as database:
        calls = Claims(database, terms).next_calls()
        Recorder(database, packet, terms.owner, frozenset()).exchange([], calls)
    return packet, calls, terms


def send(boat, messages, channel="sms"):
    """What the provider really gets, whatever we hear of it."""
    provider, sender = (
        ("twilio", "+15005550006") if channel == "sms" else ("mailgun", "reminders@packetboat.example")
    )
    carrier = carrier_named(provider, boat.settings, SECRETS)
    callback = f"{boat.settings.callback_base}/hooks/{provider}"
    answer = carrier.send(messages, channel=channel, sender=sender, callback_url=callback)
    carrier.close()
    return answer


def lost(boat, addresses, channel="sms", *, arrived=None, same_text=False, **timing):
    """A packet whose calls are all unknown; those at the places in `arrived` (None: all) reached the provider."""
    packet, calls, terms = claim(boat, addresses, channel, same_text=same_text, **timing)
    for place, call in enumerate(calls):
        if arrived is None or place in arrived:
            send(boat, call.messages, channel)
    with LaneDatabase(boat.worker, boat.business.client_id) as database:
        recorder = Recorder(database, packet, terms.owner, frozenset())
        recorder.exchange([Sent(call, Answer(Verdict.UNKNOWN, error_code="deadline")) for call in calls], [])
    return packet, calls


def after(boat, **passed):
    """Reconcile when this much time has passed."""
    with clock.set_to(datetime.now(UTC) + timedelta(**passed)):
        return reconcile(boat.worker, boat.settings, SECRETS)


def twice_empty(boat):
    """Let all the time pass that two lists need that prove something by what they lack, at any provider."""
    for minutes in (35, 41, 47):
        after(boat, minutes=minutes)


def outgoing(call):
    (message,) = call.messages
    assert isinstance(message, Outgoing)
    return message


__all__ = ["MINUTE", "after", "claim", "close_dead_calls", "lost", "outgoing", "send", "twice_empty"]
