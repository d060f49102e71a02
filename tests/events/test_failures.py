"""What follows from reported failures: one more attempt, a breaker, a paused packet."""

import pytest
from sqlalchemy import text

from pipelines.actions.packets.recount_packets import find_flaws
from pipelines.channels.sms import Sms
from pipelines.events.apply import apply_events
from pipelines.events.failures import DELAY, SOARING, _counting, unlisted, watch_failures
from pipelines.events.inbox import store
from pipelines.events.pauses import Subject, end_pause
from pipelines.providers.carriers import carriers
from pipelines.providers.carriers.failures import Failure
from pipelines.states import MessageState as S
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import REMINDER, change_campaign
from tests.events.test_apply import arrive, boat, claimed, event
from tests.fixtures_sandbox import sandbox
from tests.sending import boat_for, make_sending, phones

__all__ = ["boat", "sandbox"]

PASSING, CONTENT, ACCOUNT, BLOCKED = "30003", "30007", "30002", "30004"


@pytest.fixture
def one(boat):
    """A message that the provider has accepted: its packet, its attempt, and how to report about an attempt."""
    packet, [attempt] = claimed(boat, phones(1))

    def report(state, code=None, about=attempt, rank=5):
        store(boat.worker, [event(about, state, rank, error_code=code)], {})
        apply_events(boat.worker)

    report(S.SENT, rank=4)
    return packet, attempt, report


def message(boat, packet):
    [row] = boat.rows(
        "select id, state, error_code, attempt_no, failed_attempt_no,"
        " extract(epoch from not_before - state_at)::float8 as delay from message where packet_id = :packet",
        packet=packet,
    )
    return row


def second_attempt(boat, packet):
    boat.change(
        "with called as (insert into provider_call (client_id, packet_id, provider, channel, messages, state, owner, lease_until)"
        " values (:client, :packet, 'twilio', 'sms', 1, 'accepted', uuidv7(), now()) returning id)"
        " insert into attempt (client_id, message_id, attempt_no, call_id)"
        " select :client, message.id, 2, called.id from message, called where message.packet_id = :packet",
        client=boat.business.client_id,
        packet=packet,
    )
    boat.change(
        "update message set state = 'accepted', attempt_no = 2 where packet_id = :packet", packet=packet
    )
    [row] = boat.rows(
        "select attempt.id from attempt join message on message.id = message_id where packet_id = :packet and attempt.attempt_no = 2",
        packet=packet,
    )
    return row.id


def test_a_passing_failure_is_followed_by_one_more_attempt(boat, one):
    packet, _, report = one
    report(S.UNDELIVERED, PASSING)
    found = message(boat, packet)
    assert (found.state, found.failed_attempt_no) == ("ready", 1)
    assert found.delay == pytest.approx(DELAY)
    second = second_attempt(boat, packet)
    report(S.SENT, about=second, rank=4)
    assert message(boat, packet).state == "sent", "the rank of the first attempt does not count"
    report(S.UNDELIVERED, PASSING, about=second)
    assert message(boat, packet).state == "undelivered", "never twice"


def test_one_that_expires_before_its_second_attempt_is_explained(boat, one):
    """The provider accepted the first attempt, which failed, so the message may expire."""
    packet, _, report = one
    report(S.UNDELIVERED, PASSING)
    boat.change("update message set expires_at = now() where packet_id = :packet", packet=packet)
    boat.run("dispatch", packet, "sms lane 1")
    assert message(boat, packet).state == "expired"
    boat.run("settle", packet)
    with UnitOfWork(boat.worker, every_client=True) as uow:
        assert "states_unexplained" not in {flaw.code for flaw in find_flaws(uow, [packet])}


@pytest.mark.parametrize("ended", ["suppressed", "cancelled", "expired"])
def test_whatever_ends_a_message_between_two_attempts_is_explained(boat, one, ended):
    packet, _, report = one
    report(S.UNDELIVERED, PASSING)
    boat.change("update message set state = :state where packet_id = :packet", state=ended, packet=packet)
    boat.change(
        "update data_packet set state = 'settled', settled_at = now() where id = :packet", packet=packet
    )
    with UnitOfWork(boat.worker, every_client=True) as uow:
        assert "states_unexplained" not in {flaw.code for flaw in find_flaws(uow, [packet])}


@pytest.mark.parametrize("code", [None, "30005", CONTENT, "39999"])
def test_any_other_failure_is_final(boat, one, code):
    packet, _, report = one
    report(S.UNDELIVERED, code)
    assert message(boat, packet).state == "undelivered"


def test_there_is_no_second_attempt_after_the_deadline(boat, one):
    packet, _, report = one
    boat.change("update message set expires_at = now() + interval '9 minutes'")
    report(S.UNDELIVERED, PASSING)
    assert message(boat, packet).state == "undelivered"


def test_nor_for_a_cancelled_packet(boat, one):
    packet, _, report = one
    boat.change(
        "insert into pause (client_id, packet_id, code, final, begun_by) values (:client, :packet, 'x', true, 'test')",
        client=boat.business.client_id,
        packet=packet,
    )
    report(S.UNDELIVERED, PASSING)
    assert message(boat, packet).state == "undelivered"


@pytest.mark.parametrize(
    ("late", "becomes"), [(S.UNDELIVERED, "accepted"), (S.FAILED, "accepted"), (S.DELIVERED, "delivered")]
)
def test_of_the_first_attempt_only_a_delivery_counts_afterwards(boat, one, late, becomes):
    packet, _, report = one
    report(S.UNDELIVERED, PASSING)
    second_attempt(boat, packet)
    report(late, PASSING if late is not S.DELIVERED else None)
    assert message(boat, packet).state == becomes


@pytest.mark.parametrize("meanwhile", ["ready", "expired", "cancelled"])
def test_a_final_failure_takes_back_the_second_attempt_until_it_is_claimed(boat, one, meanwhile):
    packet, _, report = one
    boat.run("settle", packet)
    report(S.UNDELIVERED, PASSING)
    boat.change("update message set state = :state where packet_id = :packet", state=meanwhile, packet=packet)
    boat.run("settle", packet)
    report(S.FAILED, CONTENT)
    found = message(boat, packet)
    assert (found.state, found.error_code, found.attempt_no) == ("failed", CONTENT, 1)
    report(S.UNDELIVERED, PASSING)
    assert message(boat, packet).state == "failed"
    report(S.UNDELIVERED, "30005")
    assert message(boat, packet).state == "undelivered"
    totals = "select to_jsonb(packet_total) - 'updated_at' from packet_total where packet_id = :packet"
    followed = boat.rows(totals, packet=packet)
    boat.run("settle", packet)
    assert followed == boat.rows(totals, packet=packet)


@pytest.mark.parametrize("meanwhile", ["sending", "unknown", "accepted", "ready"])
def test_a_final_failure_does_not_take_back_a_second_attempt_that_was_claimed(boat, one, meanwhile):
    packet, _, report = one
    report(S.UNDELIVERED, PASSING)
    second_attempt(boat, packet)
    boat.change("update message set state = :state where packet_id = :packet", state=meanwhile, packet=packet)
    report(S.FAILED, CONTENT)
    assert message(boat, packet).state == meanwhile


@pytest.mark.parametrize("meanwhile", ["ready", "sending", "accepted", "sent"])
@pytest.mark.parametrize(
    ("late", "code"), [(S.UNDELIVERED, PASSING), (S.UNDELIVERED, "30005"), (S.FAILED, CONTENT)]
)
def test_a_late_failure_of_an_attempt_that_was_given_up_does_not_count_against_the_next(
    boat, one, meanwhile, late, code
):
    packet, _, report = one
    boat.change(
        "update provider_call set state = 'retry', error_code = 'not_found' where packet_id = :packet",
        packet=packet,
    )
    second = second_attempt(boat, packet)
    boat.change(
        "update message set state = :state, event_rank = 0 where packet_id = :packet",
        state=meanwhile,
        packet=packet,
    )
    report(late, code)
    found = message(boat, packet)
    assert (found.state, found.attempt_no, found.failed_attempt_no) == (meanwhile, 2, None)
    report(S.DELIVERED, about=second)
    assert message(boat, packet).state == "delivered"


@pytest.mark.parametrize(("late", "rank"), [(S.ACCEPTED, 2), (S.SENT, 4), (S.UNDELIVERED, 5)])
@pytest.mark.parametrize("meanwhile", ["ready", "sending", "accepted"])
def test_a_late_report_of_a_replaced_attempt_moves_nothing(boat, one, meanwhile, late, rank):
    """If a ready message became sent by it, nobody would send it again."""
    packet, _, report = one
    report(S.UNDELIVERED, PASSING)
    if meanwhile != "ready":
        second_attempt(boat, packet)
        boat.change(
            "update message set state = :state where packet_id = :packet", state=meanwhile, packet=packet
        )
    final = PASSING if meanwhile == "ready" else "30005"  # a final one would take a ready message back
    report(late, final if late is S.UNDELIVERED else None, rank=rank)
    assert message(boat, packet).state == meanwhile


def test_what_has_value_is_not_tried_again_without_a_person(boat):
    with UnitOfWork(boat.worker, boat.business.client_id) as uow:
        change_campaign(uow, boat.business, details=REMINDER | {"valuable": True})
        uow.commit()
    packet, [attempt] = claimed(boat, phones(1))
    arrive(boat, event(attempt, S.UNDELIVERED, 5, error_code=PASSING))
    apply_events(boat.worker)
    assert message(boat, packet).state == "undelivered"


def test_nor_on_a_channel_that_forbids_it(boat, one, monkeypatch):
    monkeypatch.setattr(Sms, "resends", False)
    packet, _, report = one
    report(S.UNDELIVERED, PASSING)
    assert message(boat, packet).state == "undelivered"


def test_a_delivery_that_is_reported_in_time_saves_the_second_attempt(boat, one):
    packet, _, report = one
    report(S.UNDELIVERED, PASSING)
    report(S.UNDELIVERED, PASSING)
    assert message(boat, packet).state == "ready"
    report(S.DELIVERED)
    assert message(boat, packet).state == "delivered"


@pytest.mark.parametrize("code", ["due_later", "limit_reached"])
def test_a_second_attempt_does_not_wait_for_what_the_others_of_its_channel_wait_for(boat, one, code):
    packet, _, report = one
    boat.change(
        "insert into channel_wait (packet_id, channel, client_id, code, until)"
        " values (:packet, 'sms', :client, :code, now() + interval '6 hours')",
        packet=packet, client=boat.business.client_id, code=code,
    )  # fmt: skip
    report(S.UNDELIVERED, PASSING)
    assert boat.wait(packet) is None


def test_a_settled_packet_goes_on(boat, sandbox, tmp_path):
    real = boat_for(boat.worker, boat.business, tmp_path, sandbox.url)
    packet = make_sending(real.worker, real.business, phones(3))
    real.run("dispatch", packet, "sms lane 1")
    real.run("settle", packet)
    attempts = real.rows(
        "select attempt.id, provider_ref from attempt join provider_call on provider_call.id = call_id"
    )
    about = {"address": None, "provider_ref": attempts[0].provider_ref}
    [row] = real.rows(
        "select message.address from attempt join message on message.id = message_id where attempt.id = :id",
        id=attempts[0].id,
    )
    store(
        real.worker,
        [event(attempts[0].id, S.UNDELIVERED, 5, error_code=PASSING, **about | {"address": row.address})],
        {},
    )
    apply_events(real.worker)
    assert real.states(packet) == {"accepted": 2, "ready": 1}
    totals = (
        "select state, sent, waiting from data_packet join packet_total on packet_id = id where id = :packet"
    )
    assert real.rows(totals, packet=packet) == [("sending", 2, 1)]
    real.change("update message set not_before = now() where state = 'ready'")
    real.run("dispatch", packet, "sms lane 1")
    real.run("settle", packet)
    assert real.rows(totals, packet=packet) == [("settled", 3, 0)]
    assert len(sandbox.journal()) == 4


def test_a_failure_of_our_account_opens_the_providers_breaker(boat, one):
    packet, _, report = one
    report(S.FAILED, ACCOUNT)
    assert boat.rows(
        "select provider, channel, sender_id, state, reason, params ->> 'error' from breaker"
    ) == [("twilio", "sms", None, "open", "provider_down", ACCOUNT)]
    assert message(boat, packet).state == "failed"


def fail(boat, packet, channel, code, count):
    boat.change(
        "update message set state = case when row_no <= :count then 'undelivered' else 'delivered' end, state_at = now(),"
        " error_code = case when row_no <= :count then :code end where packet_id = :packet and row_no <= 200",
        packet=packet,
        code=code,
        count=count,
    )


@pytest.mark.parametrize(
    ("channel", "code", "failed", "paused"),
    [
        ("sms", CONTENT, 10, 1),
        ("sms", CONTENT, 9, 0),
        ("sms", "30005", 100, 0),
        ("sms", "21211", 200, 0),
        ("sms", "invalid_destination", 200, 0),
        ("sms", PASSING, 200, 0),
        ("sms", BLOCKED, 200, 0),
        ("sms", ACCOUNT, 200, 0),
        ("sms", "39999", 10, 1),
        ("sms", "39999", 9, 0),
        ("sms", None, 10, 1),
        ("sms", None, 9, 0),
        ("email", None, 10, 1),
        ("email", None, 9, 0),
    ],
)
def test_a_packet_whose_failures_soar_is_paused_until_a_person_resumes_it(
    boat, channel, code, failed, paused
):
    people = [f"p{number}@example.com" for number in range(201)] if channel == "email" else phones(201)
    packet = make_sending(boat.worker, boat.business, people, channel)
    boat.change("update data_packet set state = 'sending' where id = :packet", packet=packet)
    fail(boat, packet, channel, code, failed)
    assert watch_failures(boat.worker) == paused
    pauses = "select code, params from paused_packet where packet_id = :packet"
    needs = "select code, cases from packet_need where packet_id = :packet and code = 'failures_soar'"
    expected = [("paused_failures_soar", {"failed": failed, "tried": 200})] if paused else []
    assert boat.rows(pauses, packet=packet) == expected
    assert boat.rows(needs, packet=packet) == ([("failures_soar", failed)] if paused else [])
    assert watch_failures(boat.worker) == 0, "it is paused already"
    if paused:
        with UnitOfWork(boat.worker, every_client=True) as uow:
            assert end_pause(uow, Subject(boat.business.client_id, packet_id=packet), by="test")
            uow.commit()
        assert watch_failures(boat.worker) == 0, "only what happens from now on counts"
        assert boat.rows(needs, packet=packet) == []


def rows_read(plan):
    """How many rows of messages the plan read, used or not."""
    read = sum(plan.get(key, 0) for key in ("Actual Rows", "Rows Removed by Filter")) * plan["Actual Loops"]
    own = read if plan.get("Relation Name", "").startswith("message_") else 0
    return own + sum(map(rows_read, plan.get("Plans", ())))


def test_a_packet_is_read_once_and_others_are_not(boat, database):
    """A lane goes forward by row, so what is ready comes last."""
    for count in (5_000, 300):
        packet = make_sending(boat.worker, boat.business, phones(count))
        boat.change(
            "update message set state = 'delivered' where packet_id = :packet and row_no <= 270",
            packet=packet,
        )
    boat.change("update data_packet set state = 'sending' where id = :packet", packet=packet)
    with database.engine("owner").connect().execution_options(isolation_level="AUTOCOMMIT") as owner:
        owner.execute(text("vacuum analyze message"))
    with UnitOfWork(boat.worker, every_client=True) as uow:
        uow.execute(
            text("update data_packet set state = 'settled' where state = 'sending' and id <> :packet"),
            {"packet": packet},
        )
        explained = text(f"explain (analyze, format json) {sql('events/soaring')}")
        [plan] = uow.scalar(explained, _counting())
    assert 300 <= rows_read(plan["Plan"]) < 310, "a plan may touch a row of another partition"


def test_few_messages_prove_nothing(boat):
    packet = make_sending(boat.worker, boat.business, phones(200))
    boat.change("update data_packet set state = 'sending' where id = :packet", packet=packet)
    boat.change(
        "update message set state = 'failed', error_code = '30007' where packet_id = :packet and row_no < 200",
        packet=packet,
    )
    assert watch_failures(boat.worker) == 0


def test_every_code_has_one_meaning_and_the_tables_say_so():
    assert SOARING == 0.05
    twilio, plivo = carriers()["twilio"], carriers()["plivo"]
    assert twilio.failures[PASSING] is twilio.failures["30008"] is plivo.failures["80"] is Failure.PASSING
    assert {twilio.failures[code] for code in ("30005", "30006", "21211", "21635", "21265")} == {
        Failure.ADDRESS
    }
    assert plivo.failures["50"] is plivo.failures["invalid_destination"] is Failure.ADDRESS
    assert {twilio.failures[code] for code in ("30007", "30032", "30033", "30034")} == {Failure.CONTENT}
    assert twilio.failures[BLOCKED] is twilio.failures["21610"] is plivo.failures["200"] is Failure.BLOCKED
    assert twilio.failures[ACCOUNT] is plivo.failures["900"] is Failure.ACCOUNT
    assert unlisted("twilio", "39999")
    assert not unlisted("twilio", PASSING)
    assert not unlisted("mailgun", "605")
