"""What arrives after an erasure, or was under way: reports, answers, proofs of what went out. None of it keeps or contacts anybody."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines.actions.messages.not_accepted import close_not_accepted
from pipelines.actions.people.deliver_replies import deliver_replies
from pipelines.actions.people.erase import erase_person
from pipelines.actions.people.promise_answers import ANSWER
from pipelines.actions.people.verify_erasure import everything_left
from pipelines.consent.erasure import erase_due
from pipelines.consent.suppression import suppress_on_platform
from pipelines.domain.suppression import Reason
from pipelines.errors import TryLater
from pipelines.events.apply import apply_events
from pipelines.events.inbox import store
from pipelines.states import MessageState
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from tests.consent.test_erasure import BO, bench, erased, files, settle
from tests.events.test_apply import event
from tests.fixtures_sandbox import sandbox
from tests.replies.test_delivery import KEYS
from tests.steps.assembling import MAIL, PHONE

__all__ = ["bench", "files", "sandbox"]


def called(bench, state="accepted"):
    """A call and an attempt for the first message; returns their ids."""
    with bench.uow() as uow:
        call = uow.scalar(
            text(
                "insert into provider_call (client_id, packet_id, provider, channel, messages, state, owner, lease_until)"
                " values (:client, :packet, 'twilio', 'sms', 1, :state, uuidv7(), now()) returning id"
            ),
            {"client": bench.business.client_id, "packet": bench.packet, "state": state},
        )
        attempt = uow.scalar(
            text(
                "insert into attempt (client_id, message_id, attempt_no, call_id) select client_id, id, 1, :call from message"
                " where packet_id = :packet and row_no = 1 order by id limit 1 returning id"
            ),
            {"call": call, "packet": bench.packet},
        )
        uow.execute(text("update message set attempt_no = 1 where packet_id = :p"), {"p": bench.packet})
        uow.commit()
    return call, attempt


def erase(bench, files, way):
    settle(bench, 91 if way == "packet" else 0)
    if way == "packet":
        erase_due(bench.engine, files)
        assert erased(bench)
    else:
        erase_person(bench.engine, files, bench.business.client_id, PHONE)


@pytest.mark.parametrize("state", ["sending", "unknown"])
def test_a_person_stays_while_a_later_call_is_under_way(bench, files, state):
    """The message was reported `sent` for an earlier call. The next report, which might be about either, waits with the address."""
    called(bench, state)
    settle(bench, 0, "sent")
    with pytest.raises(TryLater, match="being sent"):
        erase_person(bench.engine, files, bench.business.client_id, PHONE)
    assert bench.select("select from message where packet_id = :packet and address = :phone", phone=PHONE)
    with bench.uow() as uow:
        over = text("update provider_call set state = 'accepted' where packet_id = :p")
        uow.execute(over, {"p": bench.packet})
        uow.commit()
    assert erase_person(bench.engine, files, bench.business.client_id, PHONE).rows == 1


@pytest.mark.parametrize("way", ["packet", "person"])
def test_a_report_that_comes_after_the_erasure_is_emptied_by_the_next_run(bench, files, way):
    _, attempt = called(bench)
    erase(bench, files, way)
    late = event(attempt, MessageState.DELIVERED, 5, address=PHONE)
    store(bench.engine, [late], {"To": PHONE, "ip": "192.0.2.7"})
    apply_events(bench.engine)
    query = "select raw, address from event_inbox where unique_key = :key"
    assert bench.select(query, key=late.unique_key) == [({"To": PHONE, "ip": "192.0.2.7"}, PHONE)]
    erase_due(bench.engine, files)
    assert bench.select(query, key=late.unique_key) == [({}, None)]


def left(bench, files):
    return [one.place for one in everything_left(bench.engine, files, bench.packet)]


@pytest.mark.parametrize(("wish", "code"), [("stop", "21610"), ("hard_bounce", "30005")])
def test_a_wish_about_an_erased_message_holds_for_an_address_of_a_family(bench, files, wish, code):
    """Two have one phone. The first is erased by e-mail address; then the phone says stop. The second keeps it, and nothing else is left."""
    bench.rows(BO | {"phone": PHONE})
    _, attempt = called(bench)
    settle(bench, 0)
    assert erase_person(bench.engine, files, bench.business.client_id, MAIL).rows == 1
    assert left(bench, files) == []
    report = event(attempt, MessageState.UNDELIVERED, 5, address=PHONE, error_code=code, opt_out=wish)
    store(bench.engine, [report], {"To": PHONE})
    apply_events(bench.engine)
    same = "select address_hash = address_hash(:phone) as same from suppression"
    assert [row.same for row in bench.select(same, phone=PHONE)] == [True]
    erase_due(bench.engine, files)
    assert left(bench, files) == []
    assert erase_person(bench.engine, files, bench.business.client_id, PHONE).rows == 1
    assert left(bench, files) == []
    with bench.uow() as uow:
        uow.execute(text("update held_row set value = :phone"), {"phone": PHONE})
        uow.commit()
    assert left(bench, files) == ["held_row.value"]


def test_a_report_about_anybody_else_stays(bench, files):
    _, attempt = called(bench)
    settle(bench, 0)
    early = event(attempt, MessageState.DELIVERED, 5, address=PHONE)
    store(bench.engine, [early], {"To": PHONE})
    apply_events(bench.engine)
    erase_due(bench.engine, files)
    query = "select raw, address from event_inbox where unique_key = :key"
    assert bench.select(query, key=early.unique_key) == [({"To": PHONE}, PHONE)]


def answered(bench, address=MAIL, kind="other"):
    """An answer that is matched to the first row."""
    with bench.uow() as uow:
        reply = uow.scalar(
            text(
                "insert into reply (client_id, provider, unique_key, channel, to_addresses, from_address, body, thread, automatic, raw, kind,"
                " outcome, packet_id, row_no, message_id, sender_id)"
                " select client_id, 'twilio', :key, channel, '{}', :address, 'Ana here', '{}', false, '{}', :kind, 'matched', packet_id,"
                " row_no, id, (select id from sender where channel = 'sms') from message where packet_id = :packet and row_no = 1 order by message.id limit 1 returning id"
            ),
            {"key": uuid4().hex, "address": address, "kind": kind, "packet": bench.packet},
        )
        uow.commit()
    return reply


@pytest.mark.parametrize("way", ["packet", "person"])
def test_an_answer_that_comes_after_the_erasure_is_emptied_by_the_next_run(bench, files, way):
    erase(bench, files, way)
    reply = answered(bench)
    erase_due(bench.engine, files)
    assert bench.select("select from_address, body from reply where id = :id", id=reply) == [("", "")]


def test_an_erased_answer_is_not_answered(bench, files, sandbox):
    deliver_replies(bench.engine, bench.settings, KEYS)  # what other tests have promised
    settings = bench.settings.model_copy(update={"sandbox_port": int(sandbox.url.rsplit(":", 1)[1])})
    reply = answered(bench, PHONE, "help")
    with bench.uow() as uow:
        uow.execute(sql("replies/promise"), {"ids": [reply], "kind": ANSWER})
        uow.commit()
    erase(bench, files, "packet")
    assert deliver_replies(bench.engine, settings, KEYS) == 0
    query = "select last_error from outbox where payload ->> 'reply_id' = :id"
    assert bench.select(query, id=str(reply)) == [("erased",)], "no provider was asked"


def test_an_erased_message_that_did_not_go_out_is_cancelled(bench, files):
    call, _ = called(bench, "unknown")
    erase(bench, files, "packet")
    with bench.uow() as uow:
        uow.execute(text("update message set state = 'unknown' where packet_id = :p"), {"p": bench.packet})
        uow.commit()
    with UnitOfWork(bench.engine, every_client=True) as uow:
        assert close_not_accepted(uow, [call], "not_found") == 0
        uow.commit()
    [row] = bench.select(
        "select message.state, error_code from message join attempt on message_id = message.id where call_id = :call",
        call=call,
    )
    assert row == ("cancelled", "erased")


def test_the_platforms_suppression_is_hashed_even_if_nothing_else_is_due(bench, files):
    number = f"+1212{uuid4().int % 10_000_000:07d}"  # other tests leave messages to PHONE
    with bench.uow() as uow:
        numbered = text("update message set address = :number where packet_id = :p and row_no = 1")
        uow.execute(numbered, {"number": number, "p": bench.packet})
        uow.commit()
    erase(bench, files, "person")
    with UnitOfWork(bench.engine, every_client=True) as uow:
        suppress_on_platform(uow, [number], Reason.COMPLAINED, "report")
        uow.commit()
    assert erase_due(bench.engine, files) == 0
    assert bench.select("select address from platform_suppression") == [(None,)]
