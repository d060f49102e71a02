"""Suppressions: added by whoever says so, lifted by the person or by a named person alone, every change kept."""

import hashlib
import hmac
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pipelines.consent import suppression as people
from pipelines.consent.suppression import ALL_CHANNELS, lift, lift_by_person, suppress
from pipelines.domain.suppression import PLATFORM_WIDE, Reason
from pipelines.store.address_key import address_hash
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_business

PHONE = "+12125550100"


@pytest.fixture
def uow(database, business):
    with UnitOfWork(database.engine("worker"), business.client_id) as uow:
        yield uow


def refused(uow, client_id, channel, *addresses):
    """The addresses that a claim would refuse, with the reasons."""
    rows = uow.all(
        text("select address, reason from suppressed_among(:client, :channel, :addresses)"),
        {"client": client_id, "channel": channel, "addresses": list(addresses)},
    )
    return {row.address: row.reason for row in rows}


def history(uow):
    return [
        tuple(row)
        for row in uow.all(text("select reason, change, source, note from suppression_change order by id"))
    ]


def test_a_client_and_a_channel(uow, business, database):
    assert suppress(uow, business.client_id, "sms", PHONE, Reason.OPTED_OUT, "reply")
    assert not suppress(uow, business.client_id, "sms", PHONE, Reason.OPTED_OUT, "reply")
    assert refused(uow, business.client_id, "sms", PHONE, "+12125550101") == {PHONE: "opted_out"}
    assert refused(uow, business.client_id, "voice", PHONE) == {}
    uow.commit()
    other = make_business(database.engine("worker"))
    with UnitOfWork(database.engine("worker"), other.client_id) as theirs:
        assert refused(theirs, other.client_id, "sms", PHONE) == {}


def test_all_channels(uow, business):
    suppress(uow, business.client_id, ALL_CHANNELS, PHONE, Reason.OPTED_OUT, "reply")
    assert refused(uow, business.client_id, "voice", PHONE) == {PHONE: "opted_out"}


@pytest.mark.parametrize("reason", sorted(PLATFORM_WIDE))
def test_other_clients_learn_only_that_it_is_suppressed(uow, business, database, reason):
    suppress(uow, business.client_id, "sms", PHONE, reason, "reply")
    assert refused(uow, business.client_id, "sms", PHONE) == {PHONE: reason}
    uow.commit()
    other = make_business(database.engine("worker"))
    with UnitOfWork(database.engine("worker"), other.client_id) as theirs:
        assert refused(theirs, other.client_id, "email", PHONE) == {PHONE: "suppressed"}
        assert history(theirs) == []
    with (
        UnitOfWork(database.engine("app"), other.client_id) as portal,
        pytest.raises(DBAPIError, match="permission denied"),
    ):
        portal.execute(text("select from platform_suppression"))


def test_the_person_takes_back_what_the_person_said(uow, business):
    for reason in (Reason.OPTED_OUT, Reason.BLOCKED, Reason.COMPLAINED):
        suppress(uow, business.client_id, "sms", PHONE, reason, "reply")
    assert lift_by_person(uow, business.client_id, "sms", PHONE, "reply START") == 1
    assert refused(uow, business.client_id, "sms", PHONE) == {PHONE: "blocked"}
    assert history(uow)[-1] == ("opted_out", "lifted", "reply START", "the person asked")


def test_a_named_person_lifts_with_a_reason(uow, business):
    suppress(uow, business.client_id, "email", "Jane@example.com", Reason.HARD_BOUNCE, "mailgun event")
    assert (
        lift(uow, business.client_id, "email", "jane@EXAMPLE.com", by="ana", because="mailbox repaired") == 1
    )
    assert refused(uow, business.client_id, "email", "jane@example.com") == {}
    assert history(uow) == [
        ("hard_bounce", "added", "mailgun event", None),
        ("hard_bounce", "lifted", "ana", "mailbox repaired"),
    ]


@pytest.mark.parametrize("role", ["worker", "app"])
@pytest.mark.parametrize(
    "statement",
    [
        "delete from suppression",
        "update suppression set reason = 'x'",
        "update suppression set address_hash = '\\x00'",
        "delete from suppression_change",
        "update suppression_change set note = 'x'",
    ],
)
def test_nothing_else_changes_one(database, business, role, statement):
    with UnitOfWork(database.engine(role), business.client_id) as uow:
        suppress(uow, business.client_id, "sms", PHONE, Reason.OPTED_OUT, "reply")
        with pytest.raises(DBAPIError, match="permission denied"):
            uow.execute(text(statement))


@pytest.mark.parametrize("table", ["suppression", "suppression_change"])
def test_not_even_the_owner_of_the_tables_deletes_one(database, business, table):
    with UnitOfWork(database.engine("owner"), business.client_id) as uow:
        suppress(uow, business.client_id, "sms", PHONE, Reason.OPTED_OUT, "reply")
        with pytest.raises(DBAPIError, match=r"lifted by|never changed"):
            uow.execute(text(f"delete from {table}"))


def test_the_hash_is_hmac_sha256(database, uow):
    key = database.secrets["address_key"]
    expected = hmac.new(key.encode(), PHONE.encode(), hashlib.sha256).digest()
    assert uow.scalar(text("select address_hash(:address)"), {"address": PHONE}) == expected
    assert address_hash(key, PHONE) == expected


def test_a_hash_alone_suppresses_and_a_dump_does_not_reveal_it(uow, business, database):
    suppress(uow, business.client_id, "sms", PHONE, Reason.OPTED_OUT, "reply")
    uow.execute(text("update suppression set address = null"))
    assert refused(uow, business.client_id, "sms", PHONE, "+12125550101") == {PHONE: "opted_out"}
    stored = uow.scalar(text("select address_hash from suppression"))
    guesses = [f"+1212555{number:04}" for number in range(10_000)]
    assert PHONE in guesses
    assert stored not in {hashlib.sha256(guess.encode()).digest() for guess in guesses}
    assert stored not in {address_hash("another key", guess) for guess in guesses}
    assert lift_by_person(uow, business.client_id, "sms", PHONE, "reply START") == 1
    assert refused(uow, business.client_id, "sms", PHONE) == {}


CHANNELS = ("sms", "email", ALL_CHANNELS)
ADDRESSES = tuple(f"+1212555010{digit}" for digit in range(4))
WISH = st.tuples(
    st.sampled_from(CHANNELS), st.sampled_from(ADDRESSES), st.sampled_from(sorted(Reason)), st.booleans()
)


@given(
    wishes=st.lists(WISH, max_size=6), platform=st.sets(st.tuples(st.sampled_from(ADDRESSES), st.booleans()))
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_claim_refuses(database, business, wishes, platform):
    """The same, written down naively: any suppression of the channel or of all, plain or hashed, of the client or the platform."""
    with UnitOfWork(database.engine("worker"), business.client_id) as uow:
        for channel, address, reason, forgotten in wishes:
            parameters = {"addresses": [address], "reason": reason, "source": uuid4().hex}
            uow.execute(
                people.sql("consent/suppress"),
                parameters | {"client_id": business.client_id, "channel": channel, "says_so": True},
            )
            if forgotten:
                uow.execute(text("update suppression set address = null where source = :source"), parameters)
        for address, forgotten in platform:
            people.suppress_on_platform(uow, [address], "complained", "test")
            if forgotten:
                uow.execute(
                    text("update platform_suppression set address = null where address = :a"), {"a": address}
                )
        found = refused(uow, business.client_id, "sms", *ADDRESSES)
    own = {address for channel, address, *_ in wishes if channel in ("sms", ALL_CHANNELS)}
    assert found.keys() == own | {address for address, _ in platform}
    assert all(found[address] == "suppressed" for address in found.keys() - own)
