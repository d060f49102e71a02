"""Consent records: only added, chained, erased without breaking the chain, and demanded by a campaign."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pipelines.actions.people.suppressions import suppress_list
from pipelines.consent.records import Consent, broken_records, record
from pipelines.consent.suppression import ALL_CHANNELS, suppress, suppress_hash
from pipelines.domain.suppression import Reason
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import REMINDER
from tests.steps.assembling import ANA, EMAIL, SMS, Bench

PHONE = "+12125550100"
DEMANDING = REMINDER | {"consent": "required"}
AGREED = Consent(
    channel="sms", address=PHONE, given=True, text_shown="Yes, send me offers.", text_version="3",
    source="https://shop.example/form", given_at=datetime(2026, 5, 1, 9, 30, tzinfo=UTC), person="Ana Lima",
    ip="192.0.2.7",
)  # fmt: skip


@pytest.fixture
def uow(database, business):
    with UnitOfWork(database.engine("worker"), business.client_id) as uow:
        yield uow


def refused(uow, client_id):
    query = text("select reason from suppressed_among(:client, 'sms', array[:address])")
    return [row.reason for row in uow.all(query, {"client": client_id, "address": PHONE})]


def test_records_are_numbered_and_match_their_proofs(uow, business):
    numbers = [record(uow, business.client_id, replace(AGREED, given=given)) for given in (True, False, True)]
    assert numbers == [1, 2, 3]
    assert broken_records(uow, business.client_id) == []


def test_taking_it_back_suppresses_and_agreeing_anew_lifts(uow, business):
    record(uow, business.client_id, AGREED)
    record(uow, business.client_id, replace(AGREED, given=False))
    assert refused(uow, business.client_id) == ["opted_out"]
    record(uow, business.client_id, replace(AGREED, given_at=datetime.now(UTC)))
    assert refused(uow, business.client_id) == []


def test_a_consent_from_before_the_stop_does_not_lift_it(uow, business):
    suppress(uow, business.client_id, "sms", PHONE, Reason.OPTED_OUT, "reply")
    record(uow, business.client_id, replace(AGREED, given_at=datetime.now(UTC) - timedelta(days=1)))
    assert refused(uow, business.client_id) == ["opted_out"]


def standing(uow):
    return [row.reason for row in uow.all(text("select reason from suppression"))]


def stop_by_reply(uow, client_id):
    suppress(uow, client_id, "sms", PHONE, Reason.OPTED_OUT, "reply")


def stop_by_link(uow, client_id):
    hash_ = uow.scalar(text("select address_hash(:address)"), {"address": PHONE})
    suppress_hash(uow, client_id, "sms", hash_, Reason.OPTED_OUT, "one-click")


@pytest.mark.parametrize("role", ["app", "worker"])
@pytest.mark.parametrize("stop_again", [stop_by_reply, stop_by_link])
def test_a_consent_from_before_the_second_stop_does_not_lift_it(database, business, role, stop_again):
    """A paper consent may be typed in weeks later."""
    with UnitOfWork(database.engine(role), business.client_id) as uow:
        stop_by_reply(uow, business.client_id)
        uow.commit()
        between = uow.scalar(text("select now()"))
        uow.commit()
        stop_again(uow, business.client_id)
        uow.commit()
        record(uow, business.client_id, replace(AGREED, given_at=between))
        assert standing(uow) == ["opted_out"]
        history = [
            tuple(row) for row in uow.all(text("select change, source from suppression_change order by id"))
        ]
        assert history == [
            ("added", "reply"),
            ("repeated", "reply" if stop_again is stop_by_reply else "one-click"),
        ]
        record(uow, business.client_id, replace(AGREED, given_at=datetime.now(UTC) + timedelta(seconds=1)))
        assert standing(uow) == []


def test_what_only_others_may_lift_is_not_repeated(database, business):
    """A list that is imported every day would fill the history."""
    with UnitOfWork(database.engine("app"), business.client_id) as uow:
        for _ in range(2):
            suppress(uow, business.client_id, "sms", PHONE, Reason.BLOCKED, "cli")
            uow.commit()
        assert uow.scalar(text("select count(*) from suppression_change")) == 1


def test_a_list_that_is_imported_every_night_repeats_no_wish(database, business):
    """Otherwise a consent given yesterday and typed in today would lift nothing."""
    engine, client = database.engine("app"), business.client_id
    suppress_list(engine, client, "sms", [PHONE], Reason.OPTED_OUT, "cli")
    given = datetime.now(UTC)
    suppress_list(engine, client, "sms", [PHONE], Reason.OPTED_OUT, "cli")
    with UnitOfWork(engine, client) as uow:
        assert uow.scalar(text("select count(*) from suppression_change")) == 1
        record(uow, client, replace(AGREED, given_at=given))
        assert standing(uow) == []


@pytest.mark.parametrize("role", ["app", "worker"])
@pytest.mark.parametrize("stop_again", [stop_by_reply, stop_by_link])
def test_a_wish_repeated_many_times_a_day_fills_no_history(database, business, role, stop_again):
    with UnitOfWork(database.engine(role), business.client_id) as uow:
        stop_by_reply(uow, business.client_id)
        uow.commit()
        for _ in range(3):
            stop_again(uow, business.client_id)
            last = uow.scalar(text("select now()"))
            uow.commit()
        changes = uow.all(text("select change from suppression_change order by id"))
        assert [row.change for row in changes] == ["added", "repeated"]
        assert uow.scalar(text("select last_at from suppression")) == last


@pytest.mark.parametrize("role", ["app", "worker", "owner"])
def test_nobody_forgets_when_it_was_said_last(database, business, role):
    with UnitOfWork(database.engine(role), business.client_id) as uow:
        stop_by_reply(uow, business.client_id)
        with pytest.raises(DBAPIError, match="a wish is never forgotten"):
            uow.execute(text("update suppression set last_at = last_at - interval '1 day'"))


@pytest.mark.parametrize("channel", ["voice", "sms"])
def test_a_consent_for_one_channel_leaves_stop_all(uow, business, channel):
    suppress(uow, business.client_id, ALL_CHANNELS, PHONE, Reason.OPTED_OUT, "reply")
    suppress(uow, business.client_id, "sms", PHONE, Reason.OPTED_OUT, "reply")
    record(uow, business.client_id, replace(AGREED, given_at=datetime.now(UTC) + timedelta(seconds=1)))
    query = text("select channel from suppression where client_id = :client")
    assert [row.channel for row in uow.all(query, {"client": business.client_id})] == [ALL_CHANNELS]
    query = text("select reason from suppressed_among(:client, :channel, array[:address])")
    found = uow.all(query, {"client": business.client_id, "channel": channel, "address": PHONE})
    assert [row.reason for row in found] == ["opted_out"]


@pytest.mark.parametrize("role", ["app", "worker"])
@pytest.mark.parametrize(
    "statement", ["delete from consent_record", "update consent_record set text_shown = 'x'"]
)
def test_nobody_may_change_one(database, business, role, statement):
    with UnitOfWork(database.engine(role), business.client_id) as uow:
        record(uow, business.client_id, AGREED)
        with pytest.raises(DBAPIError, match="permission denied"):
            uow.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "delete from consent_record",
        "update consent_record set text_shown = 'x'",
        "update consent_record set person = 'Joe'",
    ],
)
def test_not_even_the_owner_of_the_tables(database, business, statement):
    with UnitOfWork(database.engine("owner"), business.client_id) as uow:
        record(uow, business.client_id, AGREED)
        with pytest.raises(DBAPIError, match="never changed"):
            uow.execute(text(statement))


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        ("update consent_record set text_shown = 'No.' where number = 2", [2]),
        ("update consent_record set given = not given where number = 2", [2]),
        ("update consent_record set person = 'Joe' where number = 2", [2]),
        ("update consent_record set address = '+12125550199' where number = 2", [2]),
        ("update consent_record set proof = '\\x00' where number = 2", [2, 3]),
        ("delete from consent_record where number = 2", [3]),
    ],
)
def test_tampering_shows(database, business, tampering, broken):
    with UnitOfWork(database.engine("owner"), business.client_id) as uow:
        for _ in range(3):
            record(uow, business.client_id, AGREED)
        uow.execute(text("alter table consent_record disable trigger user"))
        uow.execute(text(tampering))
        assert broken_records(uow, business.client_id) == broken


def test_an_erased_person_does_not_break_the_chain(uow, business):
    record(uow, business.client_id, AGREED)
    uow.execute(text("update consent_record set person = null, address = null, ip = null"))
    record(uow, business.client_id, AGREED)
    assert broken_records(uow, business.client_id) == []


def test_a_campaign_may_demand_consent(database, tmp_path):
    bench = Bench(database, tmp_path, details=DEMANDING, texts=[SMS, EMAIL])
    bench.rows(ANA, ANA | {"phone": "+12125550177"})
    with bench.uow() as uow:
        record(uow, bench.business.client_id, replace(AGREED, address="+12125550177"))
        uow.commit()
    bench.run()
    states = bench.select(
        "select state, error_code, address = '+12125550177' from message where packet_id = :packet order by 1"
    )
    assert [tuple(row) for row in states] == [("ready", None, True), ("suppressed", "no_consent", False)]
