"""The wallet against a model: any order of payments, price lists, packets, moves, refunds, cancellations and repeats keeps its laws."""

from typing import ClassVar
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pipelines.actions.billing.book_payment import BookingRefused, adjust
from pipelines.actions.billing.refund import RefundRefused, refund
from pipelines.actions.billing.reserve_waiting import reserve_waiting
from pipelines.actions.packets.cancel import cancel
from pipelines.actions.packets.subjects import packet_of
from pipelines.billing.proofs import differences, packet_differences
from pipelines.reports.billing import Bill
from tests.billing.paying import LONG, START, Paying, PriceLine, import_
from tests.billing.wallet_model import OPEN, OVER, SEGMENTS, TAKEN, Message, Packet, Wallet
from tests.steps.assembling import EMAIL

CURRENCIES = ("USD", "EUR")
currencies, amounts = st.sampled_from(["USD", "USD", "EUR"]), st.integers(1, 60)
# What the short run must reach, or it proves nothing of it: kinds of journals, balances, and states of packets.
REACHED = {
    "top_up", "adjust", "reserve", "capture", "release", "reversal", "reopen", "refund",
    "owed USD", "spent USD", "spent EUR", "reserved EUR",
    "waiting", "resumed", "reserved", "ended",
}  # fmt: skip


def prices(minor):
    return [
        PriceLine(START, "sms", "*", "segment", 9),
        PriceLine(START, "sms", "US", "segment", minor),
        PriceLine(START, "email", "*", "message", 1),
    ]


class WalletMachine(RuleBasedStateMachine):
    """Every rule does the same to the wallet of a client and to its model. `price` and `currency` are those of the newest price list.

    `reached` has what happened in any run of the machine, like REACHED.
    """

    database = tmp_path = None
    reached: ClassVar[set[str]] = set()

    @initialize(credit=st.integers(0, 60), price=st.integers(1, 3))
    def begin(self, credit, price):
        self.price, self.currency = price, "USD"
        self.paying = Paying(
            self.database, self.tmp_path, credit=credit, lines=prices(price), texts=[LONG, EMAIL]
        )
        self.model, self.keys = Wallet(), []
        if credit:
            self.model.pay("USD", credit)
        self.assemble(3)

    def teardown(self):
        self.reached.update(row.kind for row in self.paying.select("select distinct kind from journal"))

    @property
    def client(self):
        return self.paying.business.client_id

    @rule(minor=amounts, currency=currencies)
    def pay(self, minor, currency):
        self.keys.append((uuid4().hex, minor, currency))
        assert self.paying.pay(minor, currency=currency, key=self.keys[-1][0])
        self.model.pay(currency, minor)
        self.start_waiting()

    @precondition(lambda self: self.keys)
    @rule(data=st.data(), minor=amounts, currency=currencies)
    def pay_again(self, data, minor, currency):
        key, *booked = data.draw(st.sampled_from(self.keys))
        if [minor, currency] == booked:
            assert not self.paying.pay(minor, currency=currency, key=key)
        else:
            with pytest.raises(BookingRefused):
                self.paying.pay(minor, currency=currency, key=key)
            assert not self.paying.pay(booked[0], currency=booked[1], key=key)

    @rule(minor=st.integers(-12, 12).filter(bool), currency=currencies)
    def correct(self, minor, currency):
        correction = {"client_id": self.client, "minor": minor, "currency": currency, "key": uuid4().hex}
        if self.model.available(currency) + minor < 0:
            with pytest.raises(BookingRefused):
                adjust(self.paying.app, **correction, note="test")
        else:
            assert adjust(self.paying.app, **correction, note="test")
            self.model.pay(currency, minor)
            self.start_waiting()

    @rule(currency=currencies)
    def withdraw(self, currency):
        """Whatever goes out from now on is owed, and whatever is assembled waits."""
        free = self.model.available(currency)
        if free:
            withdrawal = {"client_id": self.client, "minor": -free, "currency": currency, "key": uuid4().hex}
            assert adjust(self.paying.app, **withdrawal, note="test")
            self.model.pay(currency, -free)

    @rule(price=st.integers(1, 3), currency=currencies)
    def change_prices(self, price, currency):
        import_(self.paying.app, self.client, prices(price), currency)
        self.price, self.currency = price, currency

    @rule(count=st.integers(1, 5))
    def assemble(self, count):
        packet = self.paying.assembled(count)
        messages = {row: Message(self.price) for row in range(1, count + 1)}
        self.model.packets[packet] = Packet(self.currency, messages)
        starts = self.model.reserve(self.model.packets[packet])
        assert self.paying.state(packet) == ("preparing" if starts else "awaiting_credit")

    @rule()
    def run_the_errand(self):
        started = set(reserve_waiting(self.paying.engine, self.client))
        assert started == self.start_waiting()

    def start_waiting(self):
        """What the payment or the errand has just started."""
        started = self.model.reserve_waiting()
        for packet in started:
            assert self.paying.state(packet) == "sending"
            self.reached.add("resumed")
        return started

    @rule(data=st.data(), state=st.sampled_from(TAKEN))
    def take(self, data, state):
        """As lanes and callbacks do, also of packets whose credit is not reserved: after a restore, people may know of messages that went out."""
        self.move(data, state)

    @rule(data=st.data(), state=st.sampled_from(OVER))
    def end(self, data, state):
        """As callbacks, deadlines and people do, also after a charge."""
        self.move(data, state)

    @rule(data=st.data(), state=st.sampled_from(OPEN))
    def put_back(self, data, state):
        self.move(data, state)

    def move(self, data, state):
        packet, rows = self.some(data)
        self.paying.move(state, rows, packet)
        for row in rows:
            self.model.packets[packet].messages[row].state = state

    @rule(data=st.data(), billed=st.integers(0, SEGMENTS + 1))
    def count_segments(self, data, billed):
        """As the provider does, which may be after its reports."""
        packet, rows = self.some(data)
        self.paying.change(
            "update message set billed_segments = :billed where packet_id = :packet and row_no = any(:rows)",
            packet=packet, rows=rows, billed=billed,
        )  # fmt: skip
        for row in rows:
            self.model.packets[packet].messages[row].billed = billed

    @rule(data=st.data(), minor=st.none() | st.integers(1, 4), reason=st.sampled_from(["late", "rude"]))
    def give_back(self, data, minor, reason):
        packet, (row, *_) = self.some(data)
        message = self.model.packets[packet].messages[row]
        (found,) = self.paying.select(
            "select id from message where packet_id = :p and row_no = :row", p=packet, row=row
        )
        amount = message.refundable if minor is None else minor
        order = {"reason": reason, "minor": minor}
        if reason in message.refunds:
            assert refund(self.paying.app, self.client, found.id, **order) == 0
        elif not 0 < amount <= message.refundable:
            with pytest.raises(RefundRefused):
                refund(self.paying.app, self.client, found.id, **order)
        else:
            assert refund(self.paying.app, self.client, found.id, **order) == amount
            message.refunds[reason] = amount

    @precondition(lambda self: not all(packet.cancelled for packet in self.model.packets.values()))
    @rule(data=st.data())
    def cancel(self, data):
        open_packets = [key for key, packet in self.model.packets.items() if not packet.cancelled]
        packet = data.draw(st.sampled_from(sorted(open_packets)))
        expected = self.model.cancel(self.model.packets[packet])
        assert cancel(self.paying.engine, self.client, packet_of(packet), by="test") == expected

    def some(self, data):
        """Any packet, and any rows of it."""
        packet = data.draw(st.sampled_from(sorted(self.model.packets)))
        rows = st.sampled_from(sorted(self.model.packets[packet].messages))
        return packet, data.draw(st.lists(rows, min_size=1, unique=True))

    @invariant()
    def the_books_are_those_of_the_model(self):
        if not hasattr(self, "paying"):
            return
        for currency in CURRENCIES:
            balances = self.model.balances(currency)
            assert self.paying.balances(currency) == balances
            self.reached.update(f"{kind} {currency}" for kind in balances)
        self.reached.update(packet.state for packet in self.model.packets.values())
        charges = {
            row.packet_id: row.state
            for row in self.paying.select("select packet_id, state from packet_charge")
        }
        assert charges == {key: packet.state for key, packet in self.model.packets.items()}

    @invariant()
    def every_law_holds(self):
        if not hasattr(self, "paying"):
            return
        with self.paying.uow() as uow:
            assert differences(uow) == []
            assert packet_differences(uow, list(self.model.packets)) == []
            for key, packet in self.model.packets.items():
                bill = Bill.read(uow, key)
                assert bill.adds_up
                assert (bill.spent_minor, bill.reserved_minor) == (packet.spent, packet.reserved)


def run(database, tmp_path, *, examples, steps, derandomize):
    WalletMachine.database, WalletMachine.tmp_path = database, tmp_path
    WalletMachine.reached.clear()
    run_state_machine_as_test(
        WalletMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=derandomize,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_any_order_keeps_the_laws(database, tmp_path):
    """The same examples each time, so that it stays known what they reach."""
    run(database, tmp_path, examples=12, steps=25, derandomize=True)
    assert REACHED - WalletMachine.reached == set()


@pytest.mark.chaos
@pytest.mark.timeout(1800)
def test_any_order_of_very_many_keeps_the_laws(database, tmp_path):
    run(database, tmp_path, examples=100, steps=50, derandomize=False)
