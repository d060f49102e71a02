"""Whom a STOP stops, also from another mailbox, to another provider, on all channels and after an erasure; and what undoes it."""

from uuid import uuid4

import pytest

from pipelines.actions.people.read_replies import read_replies
from pipelines.domain.replies import InboundReply
from pipelines.replies.inbox import store
from tests.replies.test_matching import boat, other, own_sender, person, reply, suppressed, worker
from tests.replying import MAIL_SENDER, wrote

__all__ = ["boat", "other", "person", "worker"]

REMEMBER = """
insert into erased_address (packet_id, address_hash, client_id)
select packet_id, address_hash(comparable_address(address)), client_id from message where packet_id = :packet
"""


def erase(boat, packet):
    """What is left of a packet that was erased."""
    boat.change(REMEMBER, packet=packet)
    boat.change("update message set address = '' where packet_id = :packet", packet=packet)


AGAIN = """
with call as (
    insert into provider_call (client_id, packet_id, provider, channel, sender_id, messages, state, owner, lease_until, error_code,
        claimed_at, begun_at, recorded_at)
    select client_id, packet_id, provider, channel, coalesce(cast(:sender as uuid), sender_id), 1, 'retry', uuidv7(), now(), :error,
        now() - interval '1 minute', case when :begun then now() end, now()
    from provider_call where packet_id = :packet
    returning id
),
next as (
    update message set state = 'ready', attempt_no = 2 where packet_id = :packet returning id, client_id
)
insert into attempt (client_id, message_id, attempt_no, call_id)
select next.client_id, next.id, 2, call.id from next cross join call
"""


def tried_again(boat, packet, *, sender=None, begun=False):
    """Give the only message of a packet a second attempt. One that is not begun was claimed and given back."""
    error = None if begun else "not_made"
    boat.change(AGAIN, packet=packet, sender=sender, begun=begun, error=error)


def refused(boat, address, channel="sms"):
    query = "select reason from suppressed_among(:client, :channel, array[comparable_address(:address)])"
    rows = boat.rows(query, client=boat.business.client_id, channel=channel, address=address)
    return [row.reason for row in rows]


def by_plivo(boat, words, sender, to):
    assert store(boat.worker, [InboundReply("plivo", uuid4().hex, "sms", (to,), sender, words)]) == 1
    read_replies(boat.worker)


def plivo_sender(boat):
    number = f"+1202{uuid4().int % 10_000_000:07d}"
    own_sender(boat, number)
    boat.change(
        "update sender set provider = 'plivo' where client_id = :client and channel = 'sms'",
        client=boat.business.client_id,
    )
    return number


def test_stop_from_another_mailbox_stops_both_and_start_only_the_one_it_came_from(boat):
    work, home = (f"ann-{uuid4().hex[:8]}@{place}.example" for place in ("work", "home"))
    reference = f"{uuid4().hex}@mail.packetboat.test"
    wrote(boat, [work], "email", reference=reference)
    reply(boat, "STOP", home, MAIL_SENDER, channel="email", thread=(reference,))
    assert refused(boat, work, "email") == refused(boat, home, "email") == ["opted_out"]
    reply(boat, "START", home, MAIL_SENDER, channel="email", thread=(reference,))
    assert refused(boat, home, "email") == []
    assert refused(boat, work, "email") == ["opted_out"]


def test_stop_to_a_number_of_plivo_suppresses_and_yes_does_not_undo_it(boat, person):
    number = plivo_sender(boat)
    wrote(boat, [person])
    by_plivo(boat, "STOP", person, number)
    assert suppressed(boat, person) == ["opted_out"]
    by_plivo(boat, "yes", person, number)
    assert suppressed(boat, person) == ["opted_out"]
    by_plivo(boat, "START", person, number)
    assert suppressed(boat, person) == []


def test_yes_undoes_no_stop_by_email(boat):
    address = f"{uuid4().hex[:8]}@example.com"
    wrote(boat, [address], "email")
    reply(boat, "STOP", address, MAIL_SENDER, channel="email")
    assert reply(boat, "yes", address, MAIL_SENDER, channel="email").kind == "confirm"
    assert suppressed(boat, address) == ["opted_out"]


def test_yes_undoes_no_stop_to_a_short_code(boat, person):
    own_sender(boat, code := str(uuid4().int % 90_000 + 10_000))
    wrote(boat, [person])
    reply(boat, "STOP", person, code)
    assert reply(boat, "yes", person, code).kind == "confirm"
    assert suppressed(boat, person) == ["opted_out"]


def test_yes_to_one_number_does_not_undo_a_stop_to_another(boat, person):
    number = plivo_sender(boat)
    wrote(boat, [person])
    by_plivo(boat, "STOP", person, number)
    long_code = f"+1202{uuid4().int % 10_000_000:07d}"
    boat.change(
        "insert into sender (client_id, channel, provider, address, state, priority) values (:client, 'sms', 'twilio', :address, 'active', 2)",
        client=boat.business.client_id,
        address=long_code,
    )
    assert reply(boat, "yes", person, long_code).kind == "confirm"
    assert suppressed(boat, person) == ["opted_out"]


def test_yes_undoes_a_stop_to_the_number_of_a_pool(boat, person):
    own_sender(boat, pool := f"MG{uuid4().hex}")
    wrote(boat, [person])
    reply(boat, "STOP", person, ("+12025550123", pool))
    assert reply(boat, "yes", person, ("+12025550123", pool)).kind == "start"


@pytest.mark.parametrize("words", ["STOP ALL", "stopall", "please stop all"])
def test_stop_all_stops_every_channel_and_start_undoes_it(boat, person, words):
    wrote(boat, [person])
    reply(boat, words, person)
    assert refused(boat, person, "voice") == refused(boat, person) == ["opted_out"]
    reply(boat, "START", person)
    assert refused(boat, person) == []


def test_plain_stop_concerns_its_own_channel(boat, person):
    wrote(boat, [person])
    reply(boat, "STOP", person)
    assert refused(boat, person, "voice") == []


def test_after_an_erasure_stop_still_stops_who_wrote(boat, other, person):
    """The sender is shared, and no message shows the address any more."""
    erase(boat, wrote(boat, [person]))
    wrote(other, [f"+1212{uuid4().int % 10_000_000:07d}"])
    assert reply(boat, "STOP", person).outcome == "unmatched"
    assert refused(boat, person) == ["opted_out"]
    assert refused(other, person) == []


def test_an_erased_packet_that_was_never_sent_wrote_to_nobody(boat, other, person):
    packet = wrote(boat, [person])
    boat.change("update provider_call set begun_at = null where packet_id = :packet", packet=packet)
    erase(boat, packet)
    reply(boat, "STOP", person)
    assert refused(boat, person) == []


def test_an_erased_message_that_a_thread_names_does_not_suppress_an_empty_address(boat):
    reference = f"{uuid4().hex}@mail.packetboat.test"
    erase(boat, wrote(boat, [f"{uuid4().hex[:8]}@example.com"], "email", reference=reference))
    home = f"{uuid4().hex[:8]}@example.org"
    reply(boat, "STOP", home, MAIL_SENDER, channel="email", thread=(reference,))
    assert [row.address for row in boat.rows("select address from suppression")] == [home]


def test_stop_after_a_second_attempt_that_was_never_begun_stops_every_client_that_wrote(boat, other, person):
    """A pause gave the second attempt back. It is claimed again when the pause ends, and must not be sent."""
    tried_again(boat, wrote(boat, [person], ago="2 hours"))
    wrote(other, [person], ago="1 hour")
    assert reply(boat, "STOP", person).outcome == "matched"
    assert refused(boat, person) == refused(other, person) == ["opted_out"]


@pytest.mark.parametrize("begun", [True, False])
def test_an_answer_to_the_sender_of_the_first_attempt_is_matched_after_a_fall_back(
    boat, other, person, begun
):
    packet = wrote(boat, [person])
    (fall_back,) = boat.returning(
        "insert into sender (client_id, channel, provider, address, state, priority)"
        " values (:client, 'sms', 'plivo', :address, 'active', 2) returning id",
        client=boat.business.client_id,
        address=f"+1202{uuid4().int % 10_000_000:07d}",
    )
    tried_again(boat, packet, sender=fall_back.id, begun=begun)
    found = reply(boat, "C", person)
    assert (found.outcome, found.kind, found.packet_id, found.row_no) == ("matched", "confirm", packet, 1)
    reply(boat, "STOP", person)
    assert refused(boat, person) == ["opted_out"]
    assert refused(other, person) == []
