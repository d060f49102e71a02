"""The verdict of a soak: it holds for books that agree with the providers' journal, and fails for each kind of damage."""

import pytest
from sqlalchemy import text

from pipelines.billing.proofs import PROOFS
from pipelines.cli.bench.setting import PRICE_MINOR
from pipelines.cli.bench.soak.oracle import audit, compare
from pipelines.sandbox.journal import MESSAGES, Accepted, Journal
from pipelines.store.unit_of_work import UnitOfWork
from tests.billing.paying import START, Paying, PriceLine

PEOPLE = 6
PRICES = [
    PriceLine(START, "sms", "*", "segment", PRICE_MINOR),
    PriceLine(START, "email", "*", "message", PRICE_MINOR),
]


class Soaked(Paying):
    """A packet that was sent: five messages were delivered, the providers refused the sixth. `folder` has their journal."""

    def __init__(self, database, tmp_path):
        super().__init__(database, tmp_path, lines=PRICES)
        self.folder = tmp_path / "sandbox"
        self.people(PEOPLE)
        self.run()
        self.move("delivered", list(range(1, PEOPLE)))
        self.move("failed", [PEOPLE])
        self.write(*self.sent()[:-1])
        self.run("settle")

    def sent(self):
        return self.select(
            "select row_no, address, body from message where packet_id = :p order by row_no", p=self.packet
        )

    def write(self, *messages, fate="delivered"):
        journal = Journal(self.folder / MESSAGES)
        journal.append(
            [
                Accepted(f"SM{one.row_no}", "twilio", "sms", 1.0, one.address, "+12025550100", {"body": one.body}, fate)
                for one in messages
            ]
        )  # fmt: skip
        journal.close()

    def forget(self):
        """Remove the last line of the journal."""
        path = self.folder / MESSAGES
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))

    def verdict(self):
        return compare(self.engine, self.business.client_id, self.packet, self.folder)

    def money(self):
        return audit(self.engine, self.business.client_id, self.packet, self.folder)


@pytest.fixture
def soaked(database, tmp_path):
    return Soaked(database, tmp_path)


def test_a_soak_in_which_all_agree_holds(soaked):
    verdict, money = soaked.verdict(), soaked.money()
    assert verdict.holds
    assert (verdict.lost, verdict.doubled, verdict.unknown_left) == (0, 0, 0)
    assert money.holds
    assert money.spent_minor == money.accepted_minor >= PEOPLE - 1


def test_a_message_that_the_journal_has_twice_is_doubled(soaked):
    soaked.write(soaked.sent()[0])
    assert (soaked.verdict().doubled, soaked.verdict().holds) == (1, False)


def test_a_second_attempt_after_the_first_reached_nobody_is_not_doubled(soaked):
    soaked.write(soaked.sent()[0], fate="unreachable")
    assert soaked.verdict().holds


def test_a_message_that_the_journal_lacks_is_lost_and_paid_for_nothing(soaked):
    soaked.forget()
    assert (soaked.verdict().lost, soaked.verdict().holds) == (1, False)
    assert not soaked.money().holds


def test_a_message_that_the_journal_has_and_we_call_unsent_is_lost(soaked):
    soaked.move("expired", [1])
    assert (soaked.verdict().lost, soaked.verdict().holds) == (1, False)


@pytest.mark.parametrize("state", ["ready", "sending", "unknown"])
def test_what_waits_or_is_unknown_is_left(soaked, state):
    soaked.move(state, [PEOPLE])
    assert (soaked.verdict().unknown_left, soaked.verdict().holds) == (1, False)


TAMPERED = {
    "an entry": "update entry set amount_minor = amount_minor * 2 where id = (select max(id) from entry where client_id = :client)",
    "a balance": "update account set balance_minor = balance_minor + 1 where kind = 'spent' and client_id = :client",
    "a price": "update message set price_minor = price_minor + 1 where row_no = 1 and client_id = :client",
    "a price that is gone": "update message set price_minor = 0 where row_no = 1 and client_id = :client",
}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_ledger_that_was_tampered_with_fails_the_soak(database, soaked, what):
    with UnitOfWork(database.engine("owner"), soaked.business.client_id) as uow:
        for table in ("entry", "message"):
            uow.execute(text(f"alter table {table} disable trigger user"))
        changed = uow.execute(text(TAMPERED[what]), {"client": soaked.business.client_id})
        assert changed.rowcount == 1
        for table in ("entry", "message"):
            uow.execute(text(f"alter table {table} enable trigger user"))
        uow.commit()
    money = soaked.money()
    assert money.ledger_differences
    assert not money.holds
    assert {one["proof"] for one in money.ledger_differences} & {*PROOFS, "packet_spent"}


def test_a_soak_that_spends_nothing_does_not_hold(soaked):
    """The ledger adds up, but nothing of the packet is in it."""
    assert soaked.money().holds
    soaked.change("update message set state = 'failed' where packet_id = :packet")
    money = soaked.money()
    assert (money.spent_minor, money.ledger_differences, money.holds) == (0, [], False)
