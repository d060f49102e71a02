"""A forecast counts what others have to send on the same limits, whoever they are, and tells nobody about them."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines.actions.sending.forecasts import keep_forecast
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_business
from tests.fixtures_sandbox import sandbox
from tests.sending import Boat, boat_for, mailboxes, make_sending, phones
from tests.steps.limiting import limit, sms_sender

__all__ = ["sandbox"]

MINE, THEIRS = 100, 5_000


@pytest.fixture
def boat(database, business, sandbox, tmp_path):
    boat = boat_for(database.engine("worker"), business, tmp_path, sandbox.url)
    yield boat
    with UnitOfWork(boat.worker, every_client=True) as uow:
        uow.execute(text("delete from sending_limit where client_id is null"))
        uow.commit()


@pytest.fixture
def other(boat):
    """Another client."""
    return Boat(boat.worker, make_business(boat.worker), boat.settings)


@pytest.fixture(autouse=True)
def alone(boat):
    """Nobody else sends: other tests left packets."""
    with UnitOfWork(boat.worker, every_client=True) as uow:
        uow.execute(
            text("update data_packet set state = 'settled' where client_id <> :client"),
            {"client": boat.business.client_id},
        )
        uow.commit()


def make(boat, count, channel="sms", **when):
    people = phones(count) if channel == "sms" else mailboxes(count)
    return make_sending(boat.worker, boat.business, people, channel, **when)


def seconds(boat, packet):
    return keep_forecast(boat.worker, packet).seconds


@pytest.mark.parametrize(("scope", "subject"), [("provider", "twilio"), ("channel", "sms")])
def test_a_limit_of_all_clients_is_shared_with_all_clients(boat, other, scope, subject):
    limit(boat, scope, subject, per_second=1, of_all=True)
    packet = make(boat, MINE)
    assert seconds(boat, packet) == pytest.approx(MINE)
    make(other, THEIRS)
    assert seconds(boat, packet) == pytest.approx(2 * MINE)


@pytest.mark.parametrize("scope", ["client", "provider", "channel", "sender"])
def test_a_limit_of_one_client_is_not(boat, other, scope):
    subjects = {"client": "", "provider": "twilio", "channel": "sms", "sender": sms_sender(boat)}
    limit(boat, scope, subjects[scope], per_second=1)
    packet = make(boat, MINE)
    make(other, THEIRS)
    assert seconds(boat, packet) == pytest.approx(MINE)
    make(boat, THEIRS)
    assert seconds(boat, packet) == pytest.approx(2 * MINE)


def test_each_limit_has_its_own_rivals(boat, other):
    """Two others share the provider's, which leaves a third of it; the client's own limit allows a little more."""
    limit(boat, "provider", "twilio", per_second=3, of_all=True)
    limit(boat, "client", per_second=1.5)
    packet = make(boat, MINE)
    make(other, THEIRS)
    assert seconds(boat, packet) == pytest.approx(MINE / 1.5)
    make(other, THEIRS)
    assert seconds(boat, packet) == pytest.approx(MINE)


def test_other_providers_and_channels_do_not_count(boat, other):
    limit(boat, "provider", "twilio", per_second=1, of_all=True)
    packet = make(boat, MINE)
    make(other, THEIRS, "email")
    assert seconds(boat, packet) == pytest.approx(MINE)


def test_the_packets_own_other_channels_share_a_limit_of_the_client(boat):
    limit(boat, "client", per_second=1)
    packet = make(boat, 2 * MINE)
    boat.change(
        "update message set channel = 'email', address = row_no || '@example.com' where packet_id = :packet and row_no > :mine",
        packet=packet, mine=MINE,
    )  # fmt: skip
    assert seconds(boat, packet) == pytest.approx(2 * MINE)


def test_what_is_not_due_or_paused_does_not_count(boat, other):
    limit(boat, "provider", "twilio", per_second=1, of_all=True)
    packet = make(boat, MINE)
    later, paused = make(other, THEIRS, not_before="2 hours"), make(other, THEIRS)
    other.change(
        "insert into pause (client_id, packet_id, code, begun_by) values (:client, :packet, 'x', 'test')",
        client=other.business.client_id, packet=paused,
    )  # fmt: skip
    assert seconds(boat, packet) == pytest.approx(MINE)
    seconds(other, later)
    assert seconds(boat, packet) == pytest.approx(MINE), "nor by its own forecast"


def test_a_rival_is_not_counted_again_as_long_as_its_own_forecast_has_done_it(boat, other):
    limit(boat, "provider", "twilio", per_second=1, of_all=True)
    packet, rival = make(boat, MINE), make(other, THEIRS)
    seconds(other, rival)
    other.change("update message set state = 'delivered' where packet_id = :packet", packet=rival)
    assert seconds(boat, packet) == pytest.approx(2 * MINE)
    seconds(other, rival)
    assert seconds(boat, packet) == pytest.approx(MINE)


def test_a_cap_of_the_day_is_shared_too(boat, other):
    limit(boat, "provider", "twilio", per_day=60, of_all=True)
    packet = make(boat, MINE, expires="10 days")
    assert seconds(boat, packet) < 86_400 + 60, "60 today, 40 tomorrow"
    make(other, THEIRS, expires="10 days")
    assert 2 * 86_400 <= seconds(boat, packet) < 3 * 86_400 + 60, "30 a day"


def test_however_many_share_a_cap_a_packet_gets_one_message_a_day(boat, other):
    limit(boat, "provider", "twilio", per_day=2, of_all=True)
    packet = make(boat, 2, expires="10 days")
    for _ in range(4):
        make(other, 2)
    found = keep_forecast(boat.worker, packet)
    assert (found.late, found.seconds < 2 * 86_400) == (0, True)


def test_a_client_learns_nothing_of_others(boat, other, database):
    """Of the rival's forecast it sees no row, and the statement that counts rivals shows it its own packets only."""
    limit(boat, "provider", "twilio", per_second=1, of_all=True)
    packet, rival = make(boat, MINE), make(other, THEIRS)
    seconds(other, rival)
    with UnitOfWork(database.engine("app"), boat.business.client_id) as uow:
        assert uow.all(text("select * from packet_forecast where packet_id = :id"), {"id": rival}) == []
        of = {"packet_id": packet, "channel": "sms", "keys": ["provider:*:twilio"]}
        assert uow.all(sql("actions/sending/forecast/queue"), of) == []
        assert uow.all(sql("actions/sending/forecast/queue"), of | {"packet_id": uuid4()}) != []
