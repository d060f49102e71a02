"""A call that a person said was received has no reference: the provider's list shows its messages nevertheless, and that is no difference."""

from uuid import UUID

import pytest

from pipelines.actions.messages.decide import decide_call
from pipelines.domain.sending import ProviderEvent
from pipelines.events.apply import apply_events
from pipelines.events.inbox import store
from pipelines.states import MessageState
from tests.billing.test_compare_lists import alarm, boat, sandbox, sides, today
from tests.reconciling import after, lost, send
from tests.sending import mailboxes, phones

__all__ = ["boat", "sandbox"]
PROVIDERS = {"sms": "twilio", "email": "mailgun"}


def decided(boat, sandbox, channel, count):
    """A packet whose calls the provider got, and a person said so, since no list could be read."""
    addresses = (phones if channel == "sms" else mailboxes)(count)
    packet, calls = lost(boat, addresses, channel)
    sandbox.faults({"action": "listing_broken"})
    after(boat, minutes=2)
    sandbox.faults()
    for call in calls:
        decide_call(boat.worker, None, call.id, received=True, by="a person")
    assert boat.states(packet) == {"accepted": count}
    return packet, calls


def reported(boat, sandbox, state=MessageState.DELIVERED, rank=5, channel="sms"):
    """A report by our own attempt about the only message; its reference."""
    (sent,) = sandbox.journal()
    attempt = UUID(sent.attempt)
    store(
        boat.worker, [ProviderEvent(PROVIDERS[channel], sent.id, state, rank, attempt, sent.id, sent.to)], {}
    )
    return sent.id


def references(boat, packet):
    return [
        (row.state, row.provider_ref)
        for row in boat.rows(
            "select state, provider_ref from provider_call where packet_id = :packet", packet=packet
        )
    ]


@pytest.mark.parametrize("channel", PROVIDERS)
def test_what_a_person_said_was_received_agrees_with_the_list(boat, sandbox, channel):
    decided(boat, sandbox, channel, 3)
    compared = today(boat)[PROVIDERS[channel]]
    assert (compared.outcome, compared.listed, compared.accepted) == ("agrees", 3, 3)
    assert alarm(boat) == []


@pytest.mark.parametrize("channel", PROVIDERS)
def test_a_later_report_brings_the_missing_reference(boat, sandbox, channel):
    packet, _ = decided(boat, sandbox, channel, 1)
    reference = reported(boat, sandbox, channel=channel)
    apply_events(boat.worker)
    assert references(boat, packet) == [("accepted", reference)]
    assert boat.states(packet) == {"delivered": 1}
    assert today(boat)[PROVIDERS[channel]].outcome == "agrees"


def test_the_first_report_brings_the_reference_and_another_is_refused(boat, sandbox):
    packet, (call,) = decided(boat, sandbox, "sms", 1)
    reference = reported(boat, sandbox)
    attempt, address = call.messages[0].attempt_id, phones(1)[0]
    store(
        boat.worker,
        [ProviderEvent("twilio", "forged", MessageState.DELIVERED, 5, attempt, "SMforged", address)],
        {},
    )
    assert apply_events(boat.worker).refused == 1
    assert references(boat, packet) == [("accepted", reference)]


def test_a_missing_reference_does_not_accept_what_waits_for_its_next_attempt(boat, sandbox):
    """Its failure passed, so it is ready again; what was accepted is its first attempt."""
    packet, _ = decided(boat, sandbox, "sms", 1)
    boat.change(
        "update message set state = 'ready', failed_attempt_no = 1 where packet_id = :packet", packet=packet
    )
    reference = reported(boat, sandbox, MessageState.SENT, 4)
    apply_events(boat.worker)
    assert references(boat, packet) == [("accepted", reference)]
    assert boat.states(packet) == {"ready": 1}


def test_a_decision_explains_no_more_than_its_call_had(boat, sandbox):
    """The provider has a message more, of nobody, from the same time."""
    _, (call,) = decided(boat, sandbox, "sms", 1)
    send(boat, call.messages)
    assert sides(today(boat)["twilio"]) == [("unrecorded", 1)]
    assert alarm(boat) == []


def test_a_decision_explains_nothing_of_another_time(boat, sandbox):
    _, (call,) = decided(boat, sandbox, "sms", 1)
    boat.change(
        "update provider_call set claimed_at = claimed_at - interval '1 hour', begun_at = begun_at - interval '1 hour',"
        " lease_until = lease_until - interval '1 hour', recorded_at = recorded_at - interval '1 hour' where id = :call",
        call=call.id,
    )
    assert sides(today(boat)["twilio"]) == [("unrecorded", 1)]
