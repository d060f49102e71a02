"""What a forwarded reply costs: booked once, by the client's own prices of the day, and proven like all other money."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from pipelines import clock
from pipelines.actions.billing.import_prices import PriceLine, PricesInvalid
from pipelines.actions.people.promise_answers import FORWARD
from pipelines.billing.prices import Prices
from pipelines.billing.proofs import differences, packet_differences
from pipelines.language import say
from pipelines.reports.billing import Bill, Forwards
from pipelines.reports.packet import PacketPage
from pipelines.store.unit_of_work import UnitOfWork
from tests.billing.paying import PRICES, START, import_, pay, paying
from tests.replies.test_delivery import boat, deliver, due_again, killed_while_delivering, person, to
from tests.replies.test_matching import reply
from tests.replying import wrote

__all__ = ["boat", "paying", "person"]

FEES = [
    PriceLine(START, "email", "*", "forward", 1),
    PriceLine(START, "sms", "*", "forward", 3),
    PriceLine(START, "webhook", "*", "forward", 2),
]
DESTINATIONS = {"email": "owner@example.com", "sms": "+12125550100"}


@pytest.fixture
def priced(boat, database):
    import_(database.engine("app"), boat.business.client_id, [*PRICES, *FEES])
    pay(database.engine("app"), boat.business.client_id, 100)
    return boat


def forwarded(boat, person, way="sms", destination=None):
    """The packet of a reply that was forwarded in this way."""
    to(boat, forward_by=way, forward_to=destination or DESTINATIONS[way])
    packet = wrote(boat, [person])
    reply(boat, "I am late", person)
    assert deliver(boat) == 1
    return packet


def fees(boat):
    return [
        tuple(row)
        for row in boat.rows(
            "select packet_id, spent_minor, note from journal where kind = 'forward' order by id"
        )
    ]


def balances(boat):
    return {
        row.kind: row.balance_minor
        for row in boat.rows("select kind, balance_minor from account")
        if row.balance_minor
    }


def found(boat, packet):
    """The laws that do not hold, of the client and of the packet."""
    with UnitOfWork(boat.worker, boat.business.client_id) as uow:
        return {one.proof for one in (*differences(uow), *packet_differences(uow, [packet]))}


@pytest.mark.parametrize(("way", "fee"), [("email", 1), ("sms", 3), ("webhook", 2)])
def test_each_way_has_its_price_and_is_charged_once(priced, person, receiver, way, fee):
    packet = forwarded(priced, person, way, receiver.url if way == "webhook" else None)
    priced.change("update outbox set delivered_at = null, next_try_at = now() where kind like 'reply%'")
    deliver(priced)
    assert fees(priced) == [(packet, fee, way)]
    assert balances(priced) == {"paid_in": -100, "spent": fee, "available": 100 - fee}
    assert found(priced, packet) == set()


def test_a_packet_without_a_bill_names_it_as_well(priced, person):
    packet = forwarded(priced, person)
    with UnitOfWork(priced.worker, priced.business.client_id) as uow:
        page = PacketPage.read(uow, packet)
    assert page.bill is None
    assert [say(one.sentence) for one in page.forwards] == [
        "1 answer was forwarded to you for $0.03, in addition to the messages."
    ]


def test_the_packet_names_it_beside_its_bill(priced, person):
    packet = forwarded(priced, person)
    priced.change(
        "insert into packet_charge (packet_id, client_id, price_list_id, currency, state, messages, total_minor, never_reserved_minor, likely_low_minor, likely_high_minor)"
        " values (:packet, :client, uuidv7(), 'USD', 'reserved', 1, 10, 10, 10, 10)",
        packet=packet,
        client=priced.business.client_id,
    )
    with UnitOfWork(priced.worker, priced.business.client_id) as uow:
        bill, forwards = Bill.read(uow, packet), Forwards.read(uow, packet)
    assert (bill.spent_minor, bill.reserved_minor, bill.returned_minor) == (0, 0, 10)
    assert forwards == [Forwards("USD", 3, 1)]
    assert (
        say(forwards[0].sentence, "fr")
        == "1 réponse vous a été transmise pour 0,03\u00a0$US, en plus des messages."
    )
    assert "0,03" in say(forwards[0].sentence, "vi")


def test_a_way_without_a_price_is_free(boat, database, person):
    import_(database.engine("app"), boat.business.client_id, [*PRICES, FEES[0]])
    packet = forwarded(boat, person)
    assert fees(boat) == []
    assert found(boat, packet) == set()


def test_what_was_not_forwarded_costs_nothing(priced, person):
    to(priced, forward_by="sms", forward_to="+12125550100")
    wrote(priced, [person])
    reply(priced, "I am late", person)
    killed_while_delivering(priced, FORWARD)
    assert deliver(priced) == 0
    due_again(priced)
    assert deliver(priced) == 0
    assert fees(priced) == []


def test_the_price_of_the_day_counts(boat, database, person):
    today = datetime.now(UTC)
    later = replace(FEES[1], valid_from=(today + timedelta(days=10)).date(), price_minor=7)
    import_(database.engine("app"), boat.business.client_id, [*PRICES, FEES[1], later])
    forwarded(boat, person)
    with clock.set_to(today + timedelta(days=20)):
        forwarded(boat, f"{person[:-4]}0123")
    assert [minor for _, minor, _ in fees(boat)] == [3, 7]


def test_a_client_has_its_own_prices_and_messages_keep_theirs(priced, paying):
    with UnitOfWork(priced.worker, every_client=True) as uow:
        uow.execute(
            text(
                "with list as (insert into price_list (version, currency, imported_by) values (1000000, 'USD', 'test') returning id)"
                " insert into price (list_id, valid_from, channel, country, unit, price_minor)"
                " select id, :start, 'sms', '*', 'forward', 99 from list"
            ),
            {"start": START},
        )
        own = Prices.today(uow, priced.business.client_id)
    assert own.forwards == {"email": 1, "sms": 3, "webhook": 2}
    assert own.channels == {"sms", "email"}
    assert {row.unit for row in own.rows} == {"segment", "message"}
    import_(paying.app, paying.business.client_id, [*PRICES, *FEES])
    paying.people(2)
    paying.run()
    assert paying.balances()["reserved"] == 4


def test_without_credit_it_is_owed(boat, database, person):
    import_(database.engine("app"), boat.business.client_id, [*PRICES, *FEES])
    packet = forwarded(boat, person)
    assert balances(boat) == {"owed": -3, "spent": 3}
    assert found(boat, packet) == set()
    pay(database.engine("app"), boat.business.client_id, 5)
    assert balances(boat) == {"paid_in": -5, "spent": 3, "available": 2}


TAMPERED = {
    "the fee": ("update reply set fee_minor = 1", {"spent", "packet_spent"}),
    "no fee": ("update reply set fee_minor = 0", {"spent", "packet_spent"}),
    "the journal": (
        "update journal set spent_minor = 4 where kind = 'forward'",
        {"journals", "packet_charge_booked"},
    ),
    "another packet": ("update reply set packet_id = null", {"packet_spent"}),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_fee_that_was_tampered_with_is_found(priced, database, person, what):
    statement, laws = TAMPERED[what]
    packet = forwarded(priced, person)
    with UnitOfWork(database.engine("owner"), priced.business.client_id) as uow:
        uow.execute(text("alter table journal disable trigger user"))
        where = "and" if "where" in statement else "where"
        changed = uow.execute(
            text(f"{statement} {where} client_id = :client"), {"client": priced.business.client_id}
        )
        assert changed.rowcount == 1
        uow.execute(text("alter table journal enable trigger user"))
        uow.commit()
    assert found(priced, packet) == laws


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (replace(FEES[0], channel="pigeon"), "Replies are not forwarded by pigeon"),
        (replace(FEES[0], country="US"), "The price of forwarding by email has a country"),
    ],
)
def test_a_price_that_could_never_apply_is_refused(boat, database, line, words):
    with pytest.raises(PricesInvalid, match=words):
        import_(database.engine("app"), boat.business.client_id, [*PRICES, line])
