"""An event by our own id is not believed if the provider's reference in it belongs to another call: it is refused and counted."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines.events.apply import apply_events
from pipelines.states import MessageState
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_business
from tests.events.test_apply import arrive, calls, claimed, event
from tests.sending import boat_for, phones

S = MessageState
NUMBER, OTHER_NUMBER = phones(1)[0], phones(1, 7_000_000)[0]


@pytest.fixture
def boat(database, business, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, "http://127.0.0.1:9")


@pytest.fixture
def other(boat):
    """Another client, with the same account at the provider."""
    return boat_for(boat.worker, make_business(boat.worker), boat.settings.home, "http://127.0.0.1:9")


def sms(boat, call_state, number=NUMBER):
    """A packet with one message whose call is in this state, and its attempt and reference."""
    reference = f"SM{uuid4().hex}" if call_state == "accepted" else None
    packet, (attempt,) = claimed(boat, [number], call_state=call_state, reference=reference)
    boat.change(
        "update message set state = :state where packet_id = :packet", state=call_state, packet=packet
    )
    return packet, attempt, reference


def refused(boat):
    query = "select coalesce(sum(refused), 0) from hook_refusal where provider = 'twilio' and reason = 'contradicting'"
    with UnitOfWork(boat.worker, every_client=True) as uow:
        return int(uow.scalar(text(query)))


def outcomes(boat, reference):
    """What became of the events with this reference, and how many of them are open."""
    with UnitOfWork(boat.worker, every_client=True) as uow:
        query = "select outcome, (select count(*) from open_event where inbox_id = id) from event_inbox where provider_ref = :reference"
        return [tuple(row) for row in uow.all(text(query), {"reference": reference})]


@pytest.mark.parametrize(("state", "rank"), [(S.DELIVERED, 5), (S.SENT, 4), (S.FAILED, 5), (None, 0)])
@pytest.mark.parametrize("call_state", ["accepted", "unknown", "sending"])
@pytest.mark.parametrize("address", [NUMBER, OTHER_NUMBER, None])
def test_an_event_with_the_reference_of_another_clients_call_moves_neither(
    boat, other, call_state, state, rank, address
):
    before = refused(boat)
    ours, attempt, _ = sms(boat, call_state)
    theirs, _, reference = sms(other, "accepted", OTHER_NUMBER)
    arrive(boat, event(attempt, state, rank, provider_ref=reference, address=address))
    done = apply_events(boat.worker)
    assert (boat.states(ours), other.states(theirs)) == ({call_state: 1}, {"accepted": 1})
    assert calls(boat, ours)[0].state == call_state
    if state is S.FAILED and address != NUMBER:  # bad news names its person: nobody is meant, then
        assert (done.refused, outcomes(boat, reference)) == (0, [(None, 1)])
    else:
        assert (done.refused, refused(boat) - before) == (1, 1)
        assert outcomes(boat, reference) == [("contradicting", 0)]


def test_an_event_with_another_reference_than_that_of_its_call_is_refused(boat):
    packet, attempt, _ = sms(boat, "accepted")
    arrive(boat, event(attempt, S.DELIVERED, 5, provider_ref=(stranger := f"SM{uuid4().hex}")))
    assert apply_events(boat.worker).refused == 1
    assert boat.states(packet) == {"accepted": 1}
    assert outcomes(boat, stranger) == [("contradicting", 0)]


def test_a_contradicting_wish_to_stop_suppresses_nobody(boat, other):
    _, attempt, _ = sms(boat, "accepted")
    _, _, reference = sms(other, "accepted", OTHER_NUMBER)
    arrive(boat, event(attempt, None, 0, provider_ref=reference, opt_out="stop"))
    apply_events(boat.worker)
    assert boat.rows("select from suppression") == []


@pytest.mark.parametrize("call_state", ["sending", "unknown"])
@pytest.mark.parametrize("together", [True, False])
def test_no_message_moves_while_its_call_stays_in_doubt(boat, call_state, together):
    """Two calls whose answers nobody knows are reported with one reference: it proves the first and leaves the other as it is."""
    packet, attempts = claimed(boat, phones(2), call_state=call_state)
    boat.change(
        "update message set state = :state where packet_id = :packet", state=call_state, packet=packet
    )
    shared = f"SM{uuid4().hex}"
    for attempt, address in zip(attempts, phones(2), strict=True):
        arrive(boat, event(attempt, S.DELIVERED, 5, provider_ref=shared, address=address))
        if not together:
            apply_events(boat.worker)
    apply_events(boat.worker)
    assert sorted(map(tuple, calls(boat, packet)), key=str) == [("accepted", shared), (call_state, None)]
    assert boat.states(packet) == {"delivered": 1, call_state: 1}
    assert sorted(outcomes(boat, shared), key=str) == [("contradicting", 0), (None, 0)]


@pytest.mark.parametrize("together", [True, False])
def test_the_first_reference_of_a_call_is_its_own(boat, together):
    packet, attempt, _ = sms(boat, "unknown")
    first, second = f"SM1{uuid4().hex}", f"SM2{uuid4().hex}"
    arrive(boat, event(attempt, S.SENT, 4, provider_ref=first))
    if not together:
        apply_events(boat.worker)
    arrive(boat, event(attempt, S.DELIVERED, 5, provider_ref=second))
    apply_events(boat.worker)
    assert calls(boat, packet) == [("accepted", first)]
    assert boat.states(packet) == {"sent": 1}
    assert outcomes(boat, second) == [("contradicting", 0)]


def test_a_call_keeps_the_reference_that_is_its_own_among_others(boat):
    """The first event names the reference of a call that was proven before it in the same batch, the second its own."""
    packet, attempts = claimed(boat, phones(2), call_state="unknown")
    boat.change("update message set state = 'unknown' where packet_id = :packet", packet=packet)
    first, own = f"SM1{uuid4().hex}", f"SM2{uuid4().hex}"
    reports = zip((attempts[0], attempts[1], attempts[1]), (first, first, own), strict=True)
    arrive(boat, *(event(attempt, S.SENT, 4, provider_ref=reference) for attempt, reference in reports))
    assert apply_events(boat.worker).refused == 1
    assert sorted(map(tuple, calls(boat, packet))) == [("accepted", first), ("accepted", own)]
    assert boat.states(packet) == {"sent": 2}


@pytest.mark.parametrize("call_state", ["sending", "unknown"])
def test_an_event_without_a_reference_proves_its_call_too(boat, call_state):
    packet, attempt, _ = sms(boat, call_state)
    arrive(boat, event(attempt, S.DELIVERED, 5, provider_ref=None))
    apply_events(boat.worker)
    assert (boat.states(packet), calls(boat, packet)) == ({"delivered": 1}, [("accepted", None)])


def test_whose_a_reference_is_is_found_by_its_index(boat):
    """However many calls there are: one event about a call that is not recorded yet must not lead to a scan of them all."""
    claimed(boat, phones(2_000, 2_000_000), call_state="accepted", reference=f"SM{uuid4().hex}")
    _, attempt, _ = sms(boat, "sending")
    arrive(boat, event(attempt, S.SENT, 4))
    with UnitOfWork(boat.worker, every_client=True) as uow:
        uow.execute(sql("events/plan_once"))
        newest = uow.scalar(text("select max(id) from event_inbox"))
        about = {"event_ids": [newest], "patience_hours": 72}
        [plan] = uow.scalar(text(f"explain (analyze, format json) {sql('events/match')}"), about)
    assert calls_read(plan["Plan"]) < 20


def calls_read(plan):
    """How many calls the scans of a plan read."""
    own = 0
    if plan.get("Relation Name") == "provider_call":
        own = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    return own + sum(map(calls_read, plan.get("Plans", ())))
