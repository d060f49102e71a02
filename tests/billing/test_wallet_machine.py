"""The wallet against a model: any order of payments, packets, moves, refunds and repeats keeps the laws of the ledger."""

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

from pipelines.actions.billing.refund import RefundRefused, refund
from pipelines.billing.proofs import differences
from tests.billing.paying import Paying

PRICE = 2
OPEN = ("ready", "sending", "unknown")
TAKEN = ("accepted", "sent", "delivered", "undelivered")
OVER = ("failed", "suppressed", "expired", "cancelled")


class Wallet(RuleBasedStateMachine):
    """`packets` has, per packet, whether it is reserved and the state of each of its messages."""

    database = tmp_path = None

    @initialize(credit=st.integers(0, 30))
    def begin(self, credit):
        self.paying = Paying(self.database, self.tmp_path, credit=credit)
        self.paid, self.keys, self.packets, self.reserved, self.refunds = credit, [], {}, set(), {}

    @property
    def free(self):
        held = sum(
            PRICE for packet in self.reserved for state in self.packets[packet].values() if state in OPEN
        )
        return self.paid - held - self.spent

    @property
    def spent(self):
        return sum(
            PRICE - self.refunds.get((packet, row), 0)
            for packet in self.reserved
            for row, state in self.packets[packet].items()
            if state in TAKEN
        )

    def reserve_waiting(self):
        for packet in sorted(self.packets.keys() - self.reserved):
            if self.cost(packet) <= self.free:
                self.reserved.add(packet)

    def cost(self, packet):
        return sum(PRICE for state in self.packets[packet].values() if state in OPEN)

    @rule(minor=st.integers(1, 25))
    def pay(self, minor):
        self.keys.append((uuid4().hex, minor))
        assert self.paying.pay(minor, key=self.keys[-1][0])
        self.paid += minor
        self.reserve_waiting()

    @precondition(lambda self: self.keys)
    @rule(data=st.data())
    def pay_again(self, data):
        key, minor = data.draw(st.sampled_from(self.keys))
        assert not self.paying.pay(minor, key=key)

    @rule(count=st.integers(1, 6))
    def assemble(self, count):
        packet = self.paying.assembled(count)
        self.packets[packet] = dict.fromkeys(range(1, count + 1), "ready")
        if self.cost(packet) <= self.free:
            self.reserved.add(packet)
        waits = self.paying.state(packet) == "awaiting_credit"
        assert waits == (packet not in self.reserved)

    @precondition(lambda self: self.packets)
    @rule(data=st.data(), state=st.sampled_from([*OPEN, *TAKEN, *OVER]))
    def move(self, data, state):
        packet = data.draw(st.sampled_from(sorted(self.packets)))
        rows = data.draw(st.lists(st.sampled_from(sorted(self.packets[packet])), min_size=1, unique=True))
        if packet not in self.reserved and state not in OVER:
            return  # nothing of it is sent
        if state in OPEN:
            rows = [row for row in rows if self.packets[packet][row] in OPEN]
        if not rows:
            return
        self.paying.move(state, rows, packet)
        self.packets[packet] |= dict.fromkeys(rows, state)

    @precondition(lambda self: self.reserved)
    @rule(data=st.data())
    def give_back(self, data):
        packet = data.draw(st.sampled_from(sorted(self.reserved)))
        row = data.draw(st.sampled_from(sorted(self.packets[packet])))
        (message,) = self.paying.select(
            "select id from message where packet_id = :p and row_no = :row", p=packet, row=row
        )
        charged = PRICE if self.packets[packet][row] in TAKEN else 0
        left = charged - self.refunds.get((packet, row), 0)
        try:
            back = refund(
                self.paying.app, self.paying.business.client_id, message.id, reason=uuid4().hex, minor=1
            )
        except RefundRefused:
            assert left < 1
        else:
            assert back == 1 <= left
            self.refunds[packet, row] = self.refunds.get((packet, row), 0) + 1

    @invariant()
    def the_books_balance(self):
        if not hasattr(self, "paying"):
            return
        balances = self.paying.balances()
        assert sum(balances.values()) == 0
        assert balances.get("spent", 0) == self.spent
        assert balances.get("reserved", 0) == sum(map(self.cost, self.reserved))
        assert balances.get("available", 0) + balances.get("owed", 0) == self.free
        with self.paying.uow() as uow:
            assert differences(uow) == []


@pytest.mark.usefixtures("database")
def test_any_order_keeps_the_laws(database, tmp_path):
    Wallet.database, Wallet.tmp_path = database, tmp_path
    run_state_machine_as_test(
        Wallet,
        settings=settings(
            max_examples=8, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
