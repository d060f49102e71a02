"""Events: neither order nor repetition nor concurrency moves a state back, and each finds its message (P5, P6)."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.domain.sending import ProviderEvent
from pipelines.events.apply import apply_events
from pipelines.events.failures import DELAY
from pipelines.events.inbox import store
from pipelines.states import MessageState
from tests.sending import boat_for, mailboxes, make_sending, phones

S = MessageState
# State, rank and, if it failed, one of Twilio's codes: 30003 and 30008 pass, the others are final.
CODED = [
    (S.SENT, 4, None),
    (S.DELIVERED, 5, None),
    (S.CANCELLED, 5, None),
    (S.UNDELIVERED, 5, "30003"),
    (S.UNDELIVERED, 5, "30005"),
    (S.FAILED, 5, "30008"),
    (S.FAILED, 5, "30007"),
]
TWILIO = [(S.ACCEPTED, 2), (S.SENT, 4), (S.UNDELIVERED, 5), (S.DELIVERED, 5), (S.FAILED, 5), (None, 0)]


@pytest.fixture
def boat(database, business, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, "http://127.0.0.1:9")


def claimed(boat, addresses, channel="sms", *, call_state="sending", reference=None):
    """A packet whose messages are claimed in one call each (SMS) or in one together; returns it and its attempts."""
    packet = make_sending(boat.worker, boat.business, addresses, channel)
    boat.change("update data_packet set state = 'sending' where id = :packet", packet=packet)
    boat.change(
        "update message set state = 'sending', attempt_no = 1 where packet_id = :packet", packet=packet
    )
    messages = boat.rows("select id from message where packet_id = :packet order by row_no", packet=packet)
    groups = [messages] if channel == "email" else [[message] for message in messages]
    call_ids = [uuid4() for _ in groups]
    boat.change(
        "insert into provider_call (id, client_id, packet_id, provider, channel, messages, state, owner, lease_until, provider_ref)"
        " select id, :client, :packet, :provider, :channel, size, :state, uuidv7(), now() + interval '1 minute', :reference"
        " from unnest(cast(:ids as uuid[]), cast(:sizes as integer[])) as call (id, size)",
        ids=call_ids,
        sizes=[len(group) for group in groups],
        client=boat.business.client_id,
        packet=packet,
        provider="mailgun" if channel == "email" else "twilio",
        channel=channel,
        state=call_state,
        reference=reference,
    )
    attempts = [uuid4() for _ in messages]
    boat.change(
        "insert into attempt (id, client_id, message_id, attempt_no, call_id)"
        " select id, :client, message_id, 1, call_id"
        " from unnest(cast(:ids as uuid[]), cast(:messages as uuid[]), cast(:calls as uuid[])) as one (id, message_id, call_id)",
        ids=attempts,
        client=boat.business.client_id,
        messages=[message.id for message in messages],
        calls=[call for call, group in zip(call_ids, groups, strict=True) for _ in group],
    )
    return packet, attempts


def event(attempt, state, rank, *, provider="twilio", **about):
    values = {
        "unique_key": uuid4().hex,
        "provider_ref": f"SM{attempt.hex}" if attempt else None,
        "address": phones(1)[0] if attempt else None,
    }
    return ProviderEvent(provider, state=state, rank=rank, attempt_id=attempt, **(values | about))


def arrive(boat, *events):
    for each in events:
        store(boat.worker, [each], {})


def calls(boat, packet):
    return boat.rows("select state, provider_ref from provider_call where packet_id = :packet", packet=packet)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    reported=st.lists(st.sampled_from(TWILIO), min_size=1, max_size=4), dice=st.randoms(use_true_random=False)
)
def test_every_order_with_repeats_ends_in_the_same_state(boat, reported, dice):
    orders = [list(order) for order in set(itertools.permutations(reported))]
    # All is drawn before the database is used: an error of the database would otherwise look like one of Hypothesis's data.
    repeats = [dice.choices(range(len(reported)), k=2) for _ in orders]
    one_by_one = [dice.random() < 0.5 for _ in orders]
    addresses = phones(len(orders))
    packet, attempts = claimed(boat, addresses)
    for attempt, address, order, again, alone in zip(
        attempts, addresses, orders, repeats, one_by_one, strict=True
    ):
        key = uuid4().hex
        each = [
            event(attempt, state, rank, address=address, unique_key=f"{key}-{place}")  # stored in this order
            for place, (state, rank) in enumerate(order)
        ]
        store(boat.worker, each, {})
        store(boat.worker, [each[place] for place in again], {})
        if alone:
            apply_events(boat.worker)  # some come one by one, some in a batch
    apply_events(boat.worker)
    assert len(boat.states(packet)) == 1, f"{reported} came to {boat.states(packet)}"


@pytest.mark.parametrize("one_by_one", [True, False])
@pytest.mark.parametrize("tried_again", [True, False])
def test_every_order_of_coded_failures_ends_in_the_same_state(boat, tried_again, one_by_one):
    """Also of a message that cannot be tried again. Each order of each set is a message."""
    sets = [frozenset(some) for size in (2, 3) for some in itertools.combinations(CODED, size)]
    cases = [(some, order) for some in sets for order in itertools.permutations(some)]
    addresses = phones(len(cases))
    packet, attempts = claimed(boat, addresses)
    deadline = "update message set expires_at = cast(:at as timestamptz) where packet_id = :packet"
    if not tried_again:
        boat.change(deadline, packet=packet, at=datetime.now(UTC) + timedelta(seconds=DELAY - 1))
    for place in range(3):
        each = [
            event(attempt, order[place][0], order[place][1], address=address, error_code=order[place][2])
            for attempt, address, (_, order) in zip(attempts, addresses, cases, strict=True)
            if place < len(order)
        ]
        store(boat.worker, each, {})
        if one_by_one:
            apply_events(boat.worker)
    apply_events(boat.worker)
    boat.change(deadline, packet=packet, at=datetime.now(UTC) + timedelta(days=365))
    rows = boat.rows("select state from message where packet_id = :packet order by row_no", packet=packet)
    ended = {some: set() for some in sets}
    for (some, _), row in zip(cases, rows, strict=True):
        ended[some].add(row.state)
    assert {some: states for some, states in ended.items() if len(states) > 1} == {}
    passing = {report for report in CODED if report[2] in {"30003", "30008"}}
    ready = {some for some in sets if ended[some] == {"ready"}}
    only_passing = {some for some in sets if some & passing and some <= passing | {CODED[0]}}
    assert ready == (only_passing if tried_again else set())


@pytest.mark.parametrize(
    ("reported", "final"),
    [
        ([(S.DELIVERED, 5), (S.SENT, 4)], "delivered"),
        ([(S.SENT, 4), (S.ACCEPTED, 2)], "sent"),
        ([(S.UNDELIVERED, 5), (S.DELIVERED, 5)], "delivered"),
        ([(S.DELIVERED, 5), (S.UNDELIVERED, 5)], "delivered"),
        ([(S.DELIVERED, 5), (S.DELIVERED, 6)], "delivered"),
        ([(S.FAILED, 5)], "failed"),
        ([(None, 0)], "accepted"),
    ],
)
def test_the_state_never_goes_the_wrong_way(boat, reported, final):
    packet, (attempt,) = claimed(boat, phones(1))
    for state, rank in reported:
        arrive(boat, event(attempt, state, rank))
        apply_events(boat.worker)
    assert boat.states(packet) == {final: 1}


def test_every_event_stays_in_the_history_also_one_that_was_outranked(boat):
    packet, (attempt,) = claimed(boat, phones(1))
    arrive(boat, event(attempt, S.DELIVERED, 5), event(attempt, S.SENT, 4))
    done = apply_events(boat.worker)
    assert (done.applied, done.outranked) == (1, 1)
    history = boat.rows(
        "select state, client_id from message_event where packet_id = :packet order by inbox_id",
        packet=packet,
    )
    assert history == [("delivered", boat.business.client_id), ("sent", boat.business.client_id)]


@pytest.mark.parametrize("call_state", ["sending", "unknown"])
def test_a_callback_recovers_a_lost_answer(boat, call_state):
    packet, (attempt,) = claimed(boat, phones(1), call_state=call_state)
    boat.change(
        "update message set state = :state where packet_id = :packet", packet=packet, state=call_state
    )
    arrive(boat, event(attempt, S.SENT, 4, provider_ref="SMfound" + attempt.hex))
    apply_events(boat.worker)
    assert boat.states(packet) == {"sent": 1}
    assert calls(boat, packet) == [("accepted", "SMfound" + attempt.hex)]


def test_one_event_proves_that_a_whole_mail_call_was_taken(boat):
    packet, attempts = claimed(boat, mailboxes(4), "email", call_state="unknown")
    boat.change("update message set state = 'unknown' where packet_id = :packet", packet=packet)
    reference = uuid4().hex
    arrive(boat, event(attempts[2], S.DELIVERED, 3, provider="mailgun", provider_ref=reference))
    apply_events(boat.worker)
    assert boat.states(packet) == {"accepted": 3, "delivered": 1}
    assert calls(boat, packet) == [("accepted", reference)]


def test_without_our_id_the_reference_and_the_address_identify_the_message(boat):
    reference = uuid4().hex
    packet, _ = claimed(boat, mailboxes(3), "email", call_state="accepted", reference=reference)
    arrive(
        boat,
        event(
            None, S.DELIVERED, 3, provider="mailgun", provider_ref=reference, address="PERSON1@Example.com"
        ),
    )
    apply_events(boat.worker)
    assert boat.rows(
        "select row_no from message where state = 'delivered' and packet_id = :packet", packet=packet
    ) == [(2,)]


@pytest.mark.parametrize("together", [True, False])
def test_a_reference_that_came_for_two_calls_proves_the_first_and_stops_nobody(boat, together):
    packet, attempts = claimed(boat, phones(3), call_state="unknown")
    shared, own = f"SM1{uuid4().hex}", f"SM2{uuid4().hex}"
    for attempt, address, reference in zip(attempts, phones(3), (shared, shared, own), strict=True):
        arrive(boat, event(attempt, S.SENT, 4, address=address, provider_ref=reference))
        if not together:
            apply_events(boat.worker)
    apply_events(boat.worker)
    assert sorted(map(tuple, calls(boat, packet)), key=str) == [
        ("accepted", shared),
        ("accepted", own),
        ("unknown", None),
    ]
    assert (
        boat.rows(
            "select from open_event join event_inbox on id = inbox_id where provider_ref in (:shared, :own)",
            shared=shared,
            own=own,
        )
        == []
    )


def test_a_reference_of_two_calls_tells_of_neither(boat):
    """A provider's defect: two answers with one reference. Both are recorded, and an event without our id is not believed of either."""
    packet, _ = claimed(boat, phones(2), call_state="accepted", reference=(shared := f"SM{uuid4().hex}"))
    arrive(boat, event(None, S.DELIVERED, 5, provider_ref=shared, address=phones(2)[0]))
    apply_events(boat.worker)
    assert boat.states(packet) == {"sending": 2}


def test_an_event_before_the_record_waits_for_it(boat):
    reference = uuid4().hex
    arrive(boat, event(None, S.DELIVERED, 5, provider_ref=reference))
    assert apply_events(boat.worker).waiting >= 1
    packet, _ = claimed(boat, phones(1), call_state="accepted", reference=reference)
    apply_events(boat.worker)
    assert boat.states(packet) == {"delivered": 1}


def test_an_event_about_nothing_is_given_up_after_three_days(boat):
    lost = event(uuid4(), S.SENT, 4)
    arrive(boat, lost)
    apply_events(boat.worker)
    query = "select outcome from event_inbox where unique_key = :key"
    assert boat.rows(query, key=lost.unique_key) == [(None,)]
    boat.change(
        "update event_inbox set received_at = now() - interval '73 hours' where unique_key = :key",
        key=lost.unique_key,
    )
    assert apply_events(boat.worker).unmatched == 1
    assert boat.rows(query, key=lost.unique_key) == [("unmatched",)]


def test_another_providers_event_does_not_touch_the_message(boat):
    packet, (attempt,) = claimed(boat, phones(1))
    arrive(boat, event(attempt, S.DELIVERED, 5, provider="mailgun"))
    apply_events(boat.worker)
    assert boat.states(packet) == {"sending": 1}


@pytest.mark.parametrize(
    "about",
    [
        {"address": phones(2)[1]},
        {"address": None},
        {"attempt_id": None},
        {"attempt_id": uuid4()},
        {"provider": "mailgun"},
    ],
)
@pytest.mark.parametrize("harm", [{"opt_out": "stop"}, {"state": S.FAILED, "rank": 5}])
def test_harmful_events_match_by_our_own_id_and_address_alone(boat, about, harm):
    reference = f"SM{uuid4().hex}"
    packet, (attempt,) = claimed(boat, phones(1), call_state="accepted", reference=reference)
    reported = event(attempt, None, 0, provider_ref=reference)
    arrive(boat, replace(reported, **(harm | about)))
    apply_events(boat.worker)
    assert boat.states(packet) == {"sending": 1}
    assert boat.rows("select from suppression") == []


def test_who_writes_an_address_in_capitals_is_found_all_the_same(boat):
    _, (attempt,) = claimed(boat, ["Person.One@example.com"], "email", call_state="accepted")
    about = {"provider": "mailgun", "address": "person.one@EXAMPLE.com", "opt_out": "complained"}
    arrive(boat, event(attempt, None, 0, **about))
    apply_events(boat.worker)
    assert boat.rows("select address from suppression") == [("person.one@example.com",)]


def test_one_person_in_two_cases_opts_out_once_for_each_reason(boat):
    addresses = ["Person.One@example.com", "person.one@example.com"]
    _, attempts = claimed(boat, addresses, "email", call_state="accepted")
    wishes = zip(
        [*attempts, *attempts],
        [*addresses, *addresses],
        ("complained", "complained", "unsubscribed", "unsubscribed"),
        strict=True,
    )
    arrive(
        boat,
        *(
            event(attempt, None, 0, provider="mailgun", address=address, opt_out=wish)
            for attempt, address, wish in wishes
        ),
    )
    apply_events(boat.worker)
    assert boat.rows("select address, reason from suppression order by reason") == [
        ("person.one@example.com", "complained"),
        ("person.one@example.com", "unsubscribed"),
    ]


@pytest.mark.parametrize(
    ("opt_out", "reason"),
    [
        ("stop", "opted_out"),
        ("unsubscribed", "unsubscribed"),
        ("complained", "complained"),
        ("hard_bounce", "hard_bounce"),
        ("wrong_number", "wrong_number"),
        ("blocked", "opted_out"),
    ],
)
def test_an_opt_out_suppresses_the_address(boat, opt_out, reason):
    _, (attempt,) = claimed(boat, phones(1))
    arrive(boat, event(attempt, None, 0, opt_out=opt_out), event(attempt, None, 0, opt_out=opt_out))
    apply_events(boat.worker)
    assert boat.rows("select channel, address, reason, source from suppression") == [
        ("sms", phones(1)[0], reason, "twilio event")
    ]


def test_an_error_code_comes_with_its_state(boat):
    packet, (attempt,) = claimed(boat, phones(1))
    arrive(boat, event(attempt, S.UNDELIVERED, 5, error_code="30005"))
    apply_events(boat.worker)
    assert boat.rows("select state, error_code from message where packet_id = :packet", packet=packet) == [
        ("undelivered", "30005")
    ]


def test_a_settled_packets_totals_follow(boat):
    packet, attempts = claimed(boat, phones(3), call_state="unknown")
    boat.change("update message set state = 'unknown' where packet_id = :packet", packet=packet)
    boat.run("settle", packet)
    arrive(boat, event(attempts[0], S.DELIVERED, 5), event(attempts[1], S.FAILED, 5, address=phones(2)[1]))
    apply_events(boat.worker)
    query = "select sent, failed, waiting from packet_total where packet_id = :packet"
    followed = boat.rows(query, packet=packet)
    boat.run("settle", packet)
    assert followed == boat.rows(query, packet=packet) == [(1, 1, 1)]


def test_the_last_message_under_way_closes_a_packet_that_settle_left_open(boat):
    packet, attempts = claimed(boat, phones(2))
    boat.run("settle", packet)
    query = "select state from data_packet where id = :packet"
    arrive(boat, event(attempts[0], S.SENT, 4))
    apply_events(boat.worker)
    assert boat.rows(query, packet=packet) == [("sending",)]
    arrive(boat, event(attempts[1], S.SENT, 4))
    apply_events(boat.worker)
    assert boat.rows(query, packet=packet) == [("settled",)]


def test_concurrent_appliers_apply_each_event_once(boat):
    packet, attempts = claimed(boat, phones(300))
    for attempt in attempts:
        reported = [event(attempt, S.SENT, 4), event(attempt, S.DELIVERED, 5)]
        store(boat.worker, reported, {})
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: apply_events(boat.worker), range(4)))
    assert sum(each.applied + each.outranked for each in done) == 600
    assert boat.states(packet) == {"delivered": 300}
    assert boat.rows("select count(*) from message_event where packet_id = :packet", packet=packet) == [
        (600,)
    ]
