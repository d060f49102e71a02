"""Whose answer a reply is: the newest message from this sender to this person, and never another client's."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines.actions.people.read_replies import read_replies
from pipelines.domain.replies import InboundReply
from pipelines.replies.inbox import store
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import change_campaign, make_business
from tests.replying import MAIL_SENDER, SMS_SENDER, wrote
from tests.sending import boat_for

REPLY = """
select kind, outcome, client_id, packet_id, row_no, message_id, unsure, answered_at is not null as answered
from reply where id = :id
"""


@pytest.fixture
def worker(database):
    return database.engine("worker")


@pytest.fixture
def boat(worker, business, tmp_path):
    return boat_for(worker, business, tmp_path, "http://127.0.0.1:9")


@pytest.fixture
def other(worker, tmp_path):
    """Another client with the same sender."""
    return boat_for(worker, make_business(worker), tmp_path, "http://127.0.0.1:9")


@pytest.fixture
def person():
    return f"+1212{uuid4().int % 10_000_000:07d}"


def reply(boat, words, sender, to=SMS_SENDER, *, channel="sms", **more):
    """Store an answer, have it processed, and return what became of it."""
    provider = "mailgun" if channel == "email" else "twilio"
    to = (to,) if isinstance(to, str) else to
    inbound = InboundReply(provider, uuid4().hex, channel, to, sender, words, **more)
    assert store(boat.worker, [inbound]) == 1
    read_replies(boat.worker)
    with UnitOfWork(boat.worker, every_client=True) as uow:
        found = uow.scalar(text("select id from reply where unique_key = :key"), {"key": inbound.unique_key})
        return uow.one(text(REPLY), {"id": found})


def suppressed(boat, address):
    query = "select reason from suppression where client_id = :client and address = :address"
    return [row.reason for row in boat.rows(query, client=boat.business.client_id, address=address)]


def own_sender(boat, address, channel="sms"):
    """Give the client a sender of its own."""
    boat.change(
        "update sender set address = :address where client_id = :client and channel = :channel",
        address=address,
        client=boat.business.client_id,
        channel=channel,
    )


def test_the_newest_message_to_the_person_is_answered(boat, person):
    wrote(boat, [person], ago="2 days")
    packet = wrote(boat, ["+12125550000", person], ago="1 day")
    found = reply(boat, "C", person)
    assert (found.kind, found.outcome, found.client_id) == ("confirm", "matched", boat.business.client_id)
    assert (found.packet_id, found.row_no) == (packet, 2)


def test_of_two_clients_with_one_sender_the_newer_message_decides(boat, other, person):
    wrote(boat, [person], ago="1 day")
    packet = wrote(other, [person], ago="1 hour")
    found = reply(boat, "C", person)
    assert (found.client_id, found.packet_id) == (other.business.client_id, packet)


def test_two_clients_at_once_are_ambiguous_and_neither_sees_it(boat, other, person):
    wrote(boat, [person], ago="10 minutes")
    wrote(other, [person], ago="5 minutes")
    found = reply(boat, "C", person)
    assert (found.outcome, found.client_id, found.message_id) == ("ambiguous", None, None)
    assert boat.rows("select id from reply") == other.rows("select id from reply") == []


def test_stop_concerns_every_client_that_wrote_from_this_number(boat, other, person):
    """The provider blocks the number for all of them."""
    wrote(boat, [person], ago="10 minutes")
    wrote(other, [person], ago="5 minutes")
    reply(boat, "STOP", person)
    assert suppressed(boat, person) == suppressed(other, person) == ["opted_out"]


def test_stop_does_not_concern_a_client_that_never_wrote_to_the_person(boat, other, person):
    wrote(boat, [person])
    reply(boat, "STOP", person)
    assert suppressed(boat, person) == ["opted_out"]
    assert suppressed(other, person) == []


def test_start_lifts_a_stop_and_nothing_else(boat, other, person):
    wrote(boat, [person])
    reply(boat, "STOP", person)
    reply(boat, "START", person)
    assert suppressed(boat, person) == []
    boat.change(
        "insert into suppression (client_id, channel, address, reason, source) values (:client, 'sms', :address, 'blocked', 'test')",
        client=boat.business.client_id,
        address=person,
    )
    reply(boat, "START", person)
    assert suppressed(boat, person) == ["blocked"]


@pytest.mark.parametrize(("number", "kind"), [("+12025550199", "start"), ("+18335550199", "confirm")])
def test_yes_undoes_a_stop_except_on_a_toll_free_number(boat, person, number, kind):
    own_sender(boat, number)
    wrote(boat, [person])
    assert reply(boat, "yes", person, number).kind == "confirm"
    reply(boat, "STOP", person, number)
    assert reply(boat, "Yes.", person, number).kind == kind
    assert bool(suppressed(boat, person)) == (kind == "confirm")


def test_a_stranger_is_known_to_the_only_client_of_a_number(boat, other, person):
    own_sender(boat, number := f"+1202{uuid4().int % 10_000_000:07d}")
    found = reply(boat, "hello", person, number)
    assert (found.outcome, found.client_id) == ("unmatched", boat.business.client_id)
    assert not other.rows("select id from reply")


def test_a_stranger_on_a_shared_number_is_nobodys(boat, other, person):
    found = reply(boat, "hello", person)
    assert (found.outcome, found.client_id) == ("unmatched", None)


def test_an_answer_to_a_number_that_is_not_ours_is_kept(boat, person):
    found = reply(boat, "STOP", person, "+19995550100")
    assert (found.outcome, found.client_id, found.kind) == ("unmatched", None, "stop")


def test_an_answer_to_the_number_used_before_is_matched(boat, person):
    """The client has changed its number since; the old one is paused."""
    packet = wrote(boat, [person])
    boat.change(
        "update sender set state = 'paused' where client_id = :client and channel = 'sms'",
        client=boat.business.client_id,
    )
    assert reply(boat, "C", person).packet_id == packet


def test_a_pool_of_numbers_is_a_sender(boat, person):
    own_sender(boat, pool := f"MG{uuid4().hex}")
    packet = wrote(boat, [person])
    assert reply(boat, "C", person, ("+12025550123", pool)).packet_id == packet


def test_an_email_is_matched_however_it_is_written(boat):
    address = f"Ann.{uuid4().hex[:8]}@Example.com"
    own_sender(boat, f"Clinic <hello@{uuid4().hex[:8]}.example>", "email")
    (sender,) = boat.rows(
        "select address from sender where channel = 'email' and client_id = :client",
        client=boat.business.client_id,
    )
    packet = wrote(boat, [address.lower()], "email")
    found = reply(
        boat, "yes", address.upper(), sender.address.split("<")[1].strip(">").upper(), channel="email"
    )
    assert (found.packet_id, found.outcome) == (packet, "matched")


def test_an_email_from_another_mailbox_is_matched_by_its_thread(boat, other):
    reference = f"{uuid4().hex}@mail.packetboat.test"
    packet = wrote(boat, [f"ann-{uuid4().hex[:8]}@example.com"], "email", reference=reference)
    wrote(other, ["home@example.org"], "email", ago="1 minute")
    found = reply(boat, "yes", "home@example.org", MAIL_SENDER, channel="email", thread=("x@y", reference))
    assert (found.client_id, found.packet_id) == (boat.business.client_id, packet)


def test_a_thread_of_many_messages_does_not_show_which(boat, other):
    reference = f"{uuid4().hex}@mail.packetboat.test"
    people = [f"{name}-{uuid4().hex[:8]}@example.com" for name in ("ann", "bob")]
    packet = wrote(boat, people, "email", reference=reference)
    stranger = f"{uuid4().hex[:8]}@example.org"
    assert (
        reply(boat, "yes", stranger, MAIL_SENDER, channel="email", thread=(reference,)).outcome == "unmatched"
    )
    found = reply(boat, "yes", people[1], MAIL_SENDER, channel="email", thread=(reference,))
    assert (found.packet_id, found.row_no) == (packet, 2)


def test_a_thread_does_not_reach_another_clients_sender(boat, other):
    """A reference proves nothing: whoever knows one could write to anybody's address."""
    reference = f"{uuid4().hex}@mail.packetboat.test"
    wrote(boat, [f"ann-{uuid4().hex[:8]}@example.com"], "email", reference=reference)
    own_sender(other, address := f"{uuid4().hex[:8]}@other.example", "email")
    found = reply(boat, "yes", "evil@example.org", address, channel="email", thread=(reference,))
    assert (found.client_id, found.outcome) == (other.business.client_id, "unmatched")


def test_the_campaigns_own_words_count(boat, worker, business, person):
    details = {"schema": 1, "type": "announcement", "rules": [], "replies": {"cancel": ["CANCEL"]}}
    with UnitOfWork(worker, business.client_id) as uow:
        change_campaign(uow, business, details=details)
        uow.commit()
    wrote(boat, [person])
    assert reply(boat, "Cancel", person).kind == "cancel"
    assert suppressed(boat, person) == []


def test_an_answer_never_changes_the_state_of_a_message(boat, person):
    packet = wrote(boat, [person])
    query = "select id, state, event_rank, error_code, state_at, attempt_no from message where packet_id = :packet"
    before = boat.rows(query, packet=packet)
    for words in ("STOP", "C", "cancel my appointment"):
        reply(boat, words, person)
    assert boat.rows(query, packet=packet) == before


def test_a_message_that_was_never_sent_has_no_answer(boat, person):
    packet = wrote(boat, [person])
    boat.change("update provider_call set begun_at = null where packet_id = :packet", packet=packet)
    assert reply(boat, "C", person).outcome == "unmatched"
