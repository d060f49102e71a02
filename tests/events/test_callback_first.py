"""A callback may come before its answer is recorded: whichever is first, what each of them knows is kept."""

import itertools
from uuid import uuid4

import pytest
from sqlalchemy import event, text

from pipelines.actions.messages.not_accepted import close_not_accepted
from pipelines.domain.sending import Answer, ProviderEvent, Verdict
from pipelines.events.apply import apply_events
from pipelines.events.inbox import store
from pipelines.events.set_aside import apply_set_aside
from pipelines.events.sweep import give_back_unbegun
from pipelines.states import MessageState
from pipelines.steps.dispatch.claim import Claims, Terms
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.steps.dispatch.record import Recorder
from pipelines.steps.dispatch.send import Sent
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from tests.sending import boat_for, mailboxes, make_sending, phones

CHANNELS = {"sms": ("twilio", 1, phones(1)), "email": ("mailgun", 1000, mailboxes(3))}
REPORTS = {
    "accepted": (MessageState.ACCEPTED, 2),
    "sent": (MessageState.SENT, 4),
    "delivered": (MessageState.DELIVERED, 5),
    "failed": (MessageState.FAILED, 5),
    "undelivered": (MessageState.UNDELIVERED, 5),
}


@pytest.fixture
def boat(database, business, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, "http://127.0.0.1:9")


class Lane:
    """One call that is begun, its answer and its callbacks, each of which may come whenever it likes."""

    def __init__(self, boat, channel):
        self.boat, self.channel = boat, channel
        self.provider, size, addresses = CHANNELS[channel]
        self.packet, self.owner, self.reference = (
            make_sending(boat.worker, boat.business, addresses, channel),
            uuid4(),
            uuid4().hex,
        )
        boat.change("update data_packet set state = 'sending' where id = :packet", packet=self.packet)
        with self.database() as database:
            terms = Terms(
                boat.business.client_id,
                self.packet,
                channel,
                self.provider,
                uuid4(),
                self.owner,
                50,
                size,
                60.0,
            )
            (self.call,) = Claims(database, terms).next_calls()
            Recorder(database, self.packet, self.owner, frozenset()).exchange([], [self.call])

    def database(self):
        return LaneDatabase(self.boat.worker, self.boat.business.client_id)

    def record(self, verdict=Verdict.ACCEPTED, call=None, owner=None):
        taken = verdict is Verdict.ACCEPTED
        reference, segments = (
            (self.reference, 2 if self.channel == "sms" else None) if taken else (None, None)
        )
        answer = Answer(verdict, provider_ref=reference, http_status=201 if taken else 503, segments=segments)
        with self.database() as database:
            recorder = Recorder(database, self.packet, owner or self.owner, frozenset())
            recorder.exchange([Sent(call or self.call, answer)], [])

    def claim_again(self):
        """The call is closed as not accepted, and a lane claims its messages again; the new call, which is not begun, and its lane."""
        self.record(Verdict.UNKNOWN)
        with UnitOfWork(self.boat.worker, self.boat.business.client_id) as uow:
            close_not_accepted(uow, [self.call.id], "not_found")
            uow.commit()
        return self.claim()

    def claim(self):
        owner, size = uuid4(), CHANNELS[self.channel][1]
        with self.database() as database:
            terms = Terms(
                self.boat.business.client_id,
                self.packet,
                self.channel,
                self.provider,
                uuid4(),
                owner,
                50,
                size,
                60.0,
            )
            (call,) = Claims(database, terms).next_calls()
        return call, owner

    def begin(self, call, owner):
        with self.database() as database:
            return Recorder(database, self.packet, owner, frozenset()).exchange([], [call]).begun

    def begin_again(self):
        """As `claim_again`, but the new call is begun."""
        again, owner = self.claim_again()
        assert self.begin(again, owner) == [again]
        return again, owner

    def report(self, *names, by_id=True, messages=slice(None)):
        events = [
            ProviderEvent(
                self.provider, uuid4().hex, *REPORTS[name], attempt_id=message.attempt_id if by_id else None,
                provider_ref=self.reference, address=message.address, error_code="30005" if name in ("failed", "undelivered") else None,
            )
            for name in names
            for message in self.call.messages[messages]
        ]  # fmt: skip
        store(self.boat.worker, events, {})
        return apply_events(self.boat.worker)

    def fate(self):
        """Each different end of a message, with what is known of its call."""
        return self.boat.rows(
            "select distinct message.state, message.billed_segments as segments, message.error_code, call.state as call_state, call.provider_ref,"
            " call.http_status, call.error_code as call_error, call.recorded_at is not null as recorded"
            " from message join attempt on attempt.message_id = message.id join provider_call as call on call.id = call_id"
            " where message.packet_id = :packet",
            packet=self.packet,
        )


@pytest.mark.parametrize("order", list(itertools.permutations(["record", "sent", "delivered"])))
@pytest.mark.parametrize("channel", CHANNELS)
def test_every_order_keeps_the_answer_and_the_report(boat, channel, order):
    lane = Lane(boat, channel)
    for word in order:
        lane.record() if word == "record" else lane.report(word)
    segments = 2 if channel == "sms" else None
    assert lane.fate() == [("delivered", segments, None, "accepted", lane.reference, 201, None, True)]


@pytest.mark.parametrize("order", list(itertools.permutations(["record", "failed"])))
def test_a_failure_that_is_reported_first_keeps_its_reason(boat, order):
    lane = Lane(boat, "sms")
    for word in order:
        lane.record() if word == "record" else lane.report(word)
    assert lane.fate() == [("failed", 2, "30005", "accepted", lane.reference, 201, None, True)]


@pytest.mark.parametrize(
    ("verdict", "order"),
    [
        (Verdict.UNKNOWN, ("record", "delivered")),
        (Verdict.UNKNOWN, ("delivered", "record")),
        (Verdict.RETRY, ("delivered", "record")),
    ],
)
def test_an_answer_that_says_less_takes_nothing_back(boat, verdict, order):
    """Also one that calls ready what the person has in their hands."""
    lane = Lane(boat, "sms")
    for word in order:
        lane.record(verdict) if word == "record" else lane.report(word)
    assert lane.fate() == [("delivered", None, None, "accepted", lane.reference, 503, None, True)]


def test_a_report_by_reference_alone_waits_for_the_record(boat):
    lane = Lane(boat, "sms")
    lane.report("delivered", by_id=False)
    lane.record()
    apply_events(boat.worker)
    assert lane.fate() == [("delivered", 2, None, "accepted", lane.reference, 201, None, True)]


def test_what_a_callback_has_proven_is_not_begun(boat):
    lane = Lane(boat, "sms")
    lane.report("sent")
    with lane.database() as database:
        assert Recorder(database, lane.packet, lane.owner, frozenset()).exchange([], [lane.call]).begun == []


def resent(boat, lane):
    """Whether the first message may have gone out twice."""
    query = "select resent from late_proof where attempt_id = :attempt"
    return boat.rows(query, attempt=lane.call.messages[0].attempt_id)


@pytest.mark.parametrize("report", ["accepted", "sent", "delivered"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_what_an_earlier_attempt_has_brought_is_not_begun_again(boat, channel, report):
    """The other messages of the call are ready for another."""
    lane = Lane(boat, channel)
    again, owner = lane.claim_again()
    lane.report(report, messages=slice(1))
    assert lane.begin(again, owner) == []
    others = len(again.messages) - 1
    assert boat.states(lane.packet) == {report: 1} | ({"ready": others} if others else {})
    calls = boat.rows("select state, error_code from provider_call where id = :id", id=again.id)
    assert calls == [("retry", "not_begun")]
    assert resent(boat, lane) == [(False,)]


@pytest.mark.parametrize(
    ("reports", "state"),
    [
        (["sent", "undelivered"], "undelivered"),
        (["sent", "failed", "undelivered"], "undelivered"),
        (["sent", "undelivered", "failed"], "undelivered"),
        (["delivered", "undelivered"], "delivered"),
        (["sent", "undelivered", "delivered"], "delivered"),
    ],
)
@pytest.mark.parametrize("channel", CHANNELS)
def test_the_only_attempt_that_went_out_fails_for_its_message(boat, channel, reports, state):
    lane = Lane(boat, channel)
    lane.claim_again()
    for report in reports:
        lane.report(report, messages=slice(1))
    assert boat.states(lane.packet).get(state) == 1


def test_a_failure_of_an_earlier_attempt_waits_for_what_is_on_its_way(boat):
    lane = Lane(boat, "sms")
    lane.begin_again()
    lane.report("sent")
    lane.report("undelivered")
    assert boat.states(lane.packet) == {"sent": 1}


@pytest.mark.parametrize(
    "batches", [["undelivered"], ["undelivered", "sent"], ["undelivered sent"], ["failed", "sent"]]
)
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_failure_that_is_reported_first_leaves_the_next_attempt_alone(boat, channel, batches):
    """Nothing takes back the attempt that is about to go out: the person has not got the message yet."""
    lane = Lane(boat, channel)
    again, owner = lane.claim_again()
    for batch in batches:
        lane.report(*batch.split(), messages=slice(1))
    assert lane.begin(again, owner) == [again]
    history = boat.rows("select state, outcome from message_event where packet_id = :id", id=lane.packet)
    assert sorted(history) == sorted((name, "outranked") for batch in batches for name in batch.split())


@pytest.mark.parametrize("reports", [["undelivered", "sent"], ["sent", "undelivered"]])
def test_nothing_else_goes_out_after_the_deadline(boat, reports):
    lane = Lane(boat, "sms")
    lane.claim_again()
    boat.change(
        "update message set expires_at = now() - interval '1 second' where packet_id = :id", id=lane.packet
    )
    give_back_unbegun(boat.worker, lane.packet, claim_seconds=0)
    assert boat.states(lane.packet) == {"expired": 1}
    for report in reports:
        lane.report(report)
    assert boat.states(lane.packet) == {"undelivered": 1}


def test_the_next_attempt_was_not_accepted_either(boat):
    lane = Lane(boat, "sms")
    again, owner = lane.begin_again()
    lane.report("sent")
    lane.record(Verdict.RETRY, again, owner)
    lane.report("undelivered")
    assert boat.states(lane.packet) == {"undelivered": 1}


@pytest.mark.parametrize(
    ("verdict", "state"),
    [(Verdict.RETRY, "undelivered"), (Verdict.REFUSED, "undelivered"), (Verdict.ACCEPTED, "sent")],
)
def test_a_failure_waits_for_the_answer_of_the_next_attempt(boat, verdict, state):
    """If that was accepted, the failure no longer counts; if not, nobody has the message."""
    lane = Lane(boat, "sms")
    again, owner = lane.begin_again()
    lane.report("sent")
    assert lane.report("undelivered").applied == 0
    retry_waiting(boat)
    assert boat.states(lane.packet) == {"sent": 1}
    lane.reference = uuid4().hex
    lane.record(verdict, again, owner)
    retry_waiting(boat)
    assert boat.states(lane.packet) == {state: 1}
    assert open_events(boat, lane) == []


def test_a_failure_waits_until_it_is_known_that_the_next_attempt_was_not_accepted(boat):
    lane = Lane(boat, "sms")
    again, owner = lane.begin_again()
    lane.report("sent")
    lane.record(Verdict.UNKNOWN, again, owner)
    lane.report("undelivered")
    assert open_events(boat, lane) == [(None, True)]
    with UnitOfWork(boat.worker, every_client=True) as uow:
        assert [row for row in uow.all(sql("reports/doctor/set_aside")) if not row.problem] == []
    with UnitOfWork(boat.worker, boat.business.client_id) as uow:
        close_not_accepted(uow, [again.id], "not_found")
        uow.commit()
    retry_waiting(boat)
    assert boat.states(lane.packet) == {"undelivered": 1}


def test_a_failure_that_could_move_nothing_does_not_wait(boat):
    lane = Lane(boat, "sms")
    lane.begin_again()
    lane.report("delivered")
    lane.report("undelivered")
    assert open_events(boat, lane) == []
    assert boat.states(lane.packet) == {"delivered": 1}


def test_a_wish_in_a_failure_that_waits_has_taken_effect(boat):
    """So the doctor does not name it among those that match no message."""
    lane = Lane(boat, "sms")
    lane.begin_again()
    lane.report("sent")
    before = unmatched_wishes(boat)
    lane.report("undelivered")
    boat.change(
        "update event_inbox set opt_out = 'opted_out', received_at = now() - interval '1 hour' where attempt_id = :id and state = 'undelivered'",
        id=lane.call.messages[0].attempt_id,
    )
    assert open_events(boat, lane) == [(None, True)]
    assert unmatched_wishes(boat) == before


def unmatched_wishes(boat):
    with UnitOfWork(boat.worker, every_client=True) as uow:
        return uow.all(sql("reports/doctor/opt_outs_unmatched"), {"patience_minutes": 10})


def test_a_failure_does_not_wait_for_ever(boat):
    lane = Lane(boat, "sms")
    lane.begin_again()
    lane.report("sent")
    lane.report("undelivered")
    boat.change(
        "update event_inbox set received_at = now() - interval '73 hours' where attempt_id = :id",
        id=lane.call.messages[0].attempt_id,
    )
    retry_waiting(boat)
    assert open_events(boat, lane) == []
    history = boat.rows("select state, outcome from message_event where packet_id = :id", id=lane.packet)
    assert sorted(history) == [("sent", "applied"), ("undelivered", "outranked")]


def open_events(boat, lane):
    """The problem of each event that is not applied yet, and whether its address is suppressed."""
    return boat.rows(
        "select problem, open_event.suppressed from open_event join event_inbox on event_inbox.id = inbox_id where attempt_id = :attempt",
        attempt=lane.call.messages[0].attempt_id,
    )


def retry_waiting(boat):
    """What is set aside is tried again, as if its minute were over."""
    boat.change("update open_event set next_try_at = now() where next_try_at is not null")
    apply_set_aside(boat.worker)


def test_the_call_that_went_out_is_asked_about(boat):
    lane = Lane(boat, "sms")
    lane.claim_again()
    lane.report("sent")
    page = {
        "packet_id": lane.packet,
        "channel": "sms",
        "after_expires": "-infinity",
        "after_row": -1,
        "limit": 9,
    }
    with UnitOfWork(boat.worker, every_client=True) as uow:
        asked = uow.all(sql("actions/poll_reports/open"), page | {"since": "-infinity", "until": "infinity"})
    assert [(row.provider_ref, row.attempt_id) for row in asked] == [
        (lane.reference, lane.call.messages[0].attempt_id)
    ]


def test_an_attempt_that_was_given_back_before_another_was_is_no_double_either(boat):
    lane = Lane(boat, "sms")
    lane.claim_again()
    assert give_back_unbegun(boat.worker, lane.packet, claim_seconds=0) == 1
    again, owner = lane.claim()
    lane.report("sent")
    assert lane.begin(again, owner) == []
    assert resent(boat, lane) == [(False,)]


def test_the_other_messages_of_a_call_are_locked_before_they_are_moved(boat):
    lane = Lane(boat, "email")
    lane.claim_again()
    steps = []

    def listen(_connection, _cursor, statement, parameters, *_more):
        if "for update" in statement and "from message" in statement:
            steps.append(set(parameters["message_ids"].strip("{}").split(",")))
        elif "not_begun" in statement:
            steps.append("given back")

    event.listen(boat.worker, "before_cursor_execute", listen)
    lane.report("sent", messages=slice(1))
    event.remove(boat.worker, "before_cursor_execute", listen)
    everybody = {
        str(row.id) for row in boat.rows("select id from message where packet_id = :id", id=lane.packet)
    }
    assert steps[-2:] == [everybody, "given back"]


def test_what_was_begun_before_an_earlier_attempt_is_reported_stays_open(boat):
    lane = Lane(boat, "sms")
    again, _ = lane.begin_again()
    lane.report("delivered")
    assert boat.rows("select state from provider_call where id = :id", id=again.id) == [("sending",)]
    assert resent(boat, lane) == [(True,)]


def test_a_report_of_an_earlier_attempt_does_not_wait_for_a_lane(boat):
    lane = Lane(boat, "sms")
    again, _ = lane.claim_again()
    with lane.database() as database, database.transaction():
        database.all(text("select id from provider_call where id = :id for update"), {"id": again.id})
        lane.report("delivered")
    assert boat.states(lane.packet) == {"delivered": 1}
