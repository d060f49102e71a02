"""What is damaged in one client's data holds nobody else's events, and loses none of this client's."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from pipelines.actions.recurring import apply_callbacks
from pipelines.cli import sending_findings
from pipelines.consent.suppression import lift_by_person
from pipelines.events.apply import apply_events
from pipelines.events.cancelling import finish_cancelled
from pipelines.events.inbox import store
from pipelines.events.waiting import watch_waits
from pipelines.states import MessageState
from pipelines.store.unit_of_work import UnitOfWork
from tests.billing.paying import Paying
from tests.builders import make_business
from tests.events.test_apply import claimed, event
from tests.sending import boat_for, phones

ONE_PRICE = 2  # of a message, by tests.billing.paying


class Damaged(Paying):
    """A paying client whose packet is under way, and whose `reserved` balance was changed by hand."""

    def __init__(self, database, tmp_path, *, messages=3, reserved=0):
        super().__init__(database, tmp_path)
        self.database, self.packet = database, self.new_packet()
        self.people(messages, self.packet)
        self.run("assemble", self.packet)
        self.true_balance = self.balances()["reserved"]
        self.change("update data_packet set state = 'sending' where id = :packet")
        self.set_reserved(reserved)

    def set_reserved(self, minor):
        with UnitOfWork(self.database.engine("owner"), every_client=True) as uow:
            uow.execute(
                text(
                    "update account set balance_minor = :minor where kind = 'reserved' and client_id = :client"
                ),
                {"minor": minor, "client": self.business.client_id},
            )
            uow.commit()

    def claimed(self):
        """Claim every message in a call of its own; returns the attempts and addresses."""
        self.change("update message set state = 'sending', attempt_no = 1 where packet_id = :packet")
        messages = self.select("select id, address from message where packet_id = :p order by row_no")
        found = []
        for message in messages:
            call, attempt = uuid4(), uuid4()
            self.change(
                "insert into provider_call (id, client_id, packet_id, provider, channel, messages, state, owner, lease_until)"
                " values (:call, :client, :packet, 'twilio', 'sms', 1, 'sending', uuidv7(), now() + interval '1 minute')",
                call=call, client=self.business.client_id,
            )  # fmt: skip
            self.change(
                "insert into attempt (id, client_id, message_id, attempt_no, call_id) values (:id, :client, :message, 1, :call)",
                id=attempt, client=self.business.client_id, message=message.id, call=call,
            )  # fmt: skip
            found.append((attempt, message.address))
        return found

    def select(self, statement, **parameters):
        return super().select(statement, **({"p": self.packet} | parameters))

    def states(self):
        rows = self.select(
            "select state, count(*) as messages from message where packet_id = :p group by state"
        )
        return {row.state: row.messages for row in rows}

    def set_aside(self):
        """The events of this client that are set aside."""
        return self.select(
            "select problem, tries, open_event.suppressed from open_event"
            " join event_inbox on event_inbox.id = inbox_id join attempt on attempt.id = event_inbox.attempt_id"
            " where attempt.client_id = :client and next_try_at is not null order by inbox_id",
            client=self.business.client_id,
        )  # fmt: skip

    def let_time_pass(self):
        self.change("update open_event set next_try_at = now() where next_try_at is not null")


@pytest.fixture
def damaged(database, tmp_path):
    found = Damaged(database, tmp_path)
    yield found
    found.change("delete from open_event where next_try_at is not null")


@pytest.fixture
def other(database, tmp_path):
    """The boat of another client."""
    worker = database.engine("worker")
    return boat_for(worker, make_business(worker), tmp_path, "http://127.0.0.1:9")


def delivered(boat_or_engine, attempt, **about):
    store(boat_or_engine, [event(attempt, MessageState.DELIVERED, 5, **about)], {})


def pulse(damaged):
    apply_callbacks(damaged.engine, None, {})


def test_the_events_of_others_are_applied_and_its_own_are_kept_until_it_is_mended(damaged, other):
    (attempt, address), *_ = damaged.claimed()
    packet, (others,) = claimed(other, phones(1))
    delivered(damaged.engine, attempt, address=address)
    delivered(damaged.engine, others)
    assert apply_events(damaged.engine).set_aside == 1
    assert other.states(packet) == {"delivered": 1}
    assert damaged.states() == {"sending": 3}
    pulse(damaged)
    assert damaged.set_aside() == [("23514 account_on_its_side_check", 1, True)]
    pulse(damaged)
    assert [row.tries for row in damaged.set_aside()] == [1], "it is not due"
    damaged.set_reserved(damaged.true_balance)
    damaged.let_time_pass()
    pulse(damaged)
    assert damaged.states() == {"sending": 2, "delivered": 1}
    assert damaged.set_aside() == []
    assert damaged.balances()["reserved"] == damaged.true_balance - ONE_PRICE


def test_events_of_the_same_client_that_can_be_applied_are(damaged):
    damaged.set_reserved(ONE_PRICE)
    for attempt, address in damaged.claimed():
        delivered(damaged.engine, attempt, address=address)
    pulse(damaged)
    assert damaged.states() == {"delivered": 1, "sending": 2}
    assert [row.tries for row in damaged.set_aside()] == [1, 1]


def test_they_are_tried_ever_more_rarely(damaged):
    (attempt, address), *_ = damaged.claimed()
    delivered(damaged.engine, attempt, address=address)
    for minutes in (1, 2, 4, 8, 16, 32, 60, 60):
        damaged.let_time_pass()
        pulse(damaged)
        ((wait,),) = damaged.select(
            "select cast(extract(epoch from next_try_at - now()) / 60 as integer) from open_event where next_try_at is not null"
        )
        assert abs(wait - minutes) <= 1


def refused(damaged, address):
    rows = damaged.select(
        "select reason from suppressed_among(:client, 'sms', array[:address])",
        client=damaged.business.client_id, address=address,
    )  # fmt: skip
    return [row.reason for row in rows]


def test_who_opted_out_is_suppressed_at_once_and_only_once(damaged):
    (attempt, address), *_ = damaged.claimed()
    out = event(attempt, MessageState.FAILED, 5, address=address, error_code="21610", opt_out="stop")
    store(damaged.engine, [out], {})
    apply_events(damaged.engine)
    assert refused(damaged, address) == ["opted_out"]
    with damaged.uow() as uow:
        lift_by_person(uow, damaged.business.client_id, "sms", address, "reply")
        uow.commit()
    pulse(damaged)
    damaged.set_reserved(damaged.true_balance)
    damaged.let_time_pass()
    pulse(damaged)
    assert damaged.states() == {"failed": 1, "sending": 2}
    assert refused(damaged, address) == [], "the person said START in the meantime"


def test_an_event_whose_record_comes_later_waits_like_any_other(damaged):
    (attempt, address), *_ = damaged.claimed()
    late = uuid4()
    delivered(damaged.engine, attempt, address=address)
    delivered(damaged.engine, late, provider_ref=f"SM{late.hex}")
    pulse(damaged)
    open_now = (
        "select next_try_at, tries from open_event join event_inbox on id = inbox_id where attempt_id = :late"
    )
    assert damaged.select(open_now, late=late) == [(None, 0)]
    damaged.change(
        "delete from open_event where inbox_id in (select id from event_inbox where attempt_id = :late)",
        late=late,
    )


def test_doctor_tells_ops(damaged, database):
    (attempt, address), *_ = damaged.claimed()
    delivered(damaged.engine, attempt, address=address)
    pulse(damaged)
    (finding,) = sending_findings.set_aside(database)
    assert finding.state == "wrong"
    assert finding.sentence.startswith("1 event or reply of twilio cannot be processed since ")
    assert "account_on_its_side_check" in finding.sentence


def test_the_messages_of_others_expire(damaged, database, tmp_path):
    other = Damaged(database, tmp_path)
    other.set_reserved(other.true_balance)
    for client in (damaged, other):
        client.change("update data_packet set state = 'awaiting_credit' where id = :packet")
        client.change("update message set expires_at = now() - interval '1 minute' where packet_id = :packet")
    with pytest.raises(IntegrityError, match="account_on_its_side_check"):
        watch_waits(damaged.engine)
    assert (damaged.states(), other.states()) == ({"ready": 3}, {"expired": 3})
    damaged.set_reserved(damaged.true_balance)
    assert watch_waits(damaged.engine) == 3


def test_the_packets_of_others_are_cancelled(damaged, database, tmp_path):
    other = Damaged(database, tmp_path)
    other.set_reserved(other.true_balance)
    for client in (damaged, other):
        client.change(
            "insert into pause (client_id, packet_id, code, final, begun_by) values (:client, :packet, 'cancelled', true, 'test')",
            client=client.business.client_id,
        )
    with pytest.raises(IntegrityError, match="account_on_its_side_check"):
        finish_cancelled(damaged.engine)
    assert (damaged.states(), other.states()) == ({"ready": 3}, {"cancelled": 3})
    damaged.set_reserved(damaged.true_balance)
    assert finish_cancelled(damaged.engine) == 3
