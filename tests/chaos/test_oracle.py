"""The verdict of a soak: it holds for books that agree with the providers' journal, and fails for each kind of damage."""

import pytest

from pipelines.billing.proofs import PROOFS
from pipelines.cli.bench.setting import PRICE_MINOR
from pipelines.cli.bench.soak.oracle import Balance, audit, compare, weigh
from pipelines.sandbox.journal import MESSAGES, Accepted, Journal
from tests.billing.paying import START, Paying, PriceLine

PEOPLE = 6
PRICES = [
    PriceLine(START, "sms", "*", "segment", PRICE_MINOR),
    PriceLine(START, "email", "*", "message", PRICE_MINOR),
]


# What lanes and callbacks leave behind: an attempt for each message, with its call, and the report of each.
HISTORY = (
    "update message set attempt_no = 1 where packet_id = :packet",
    """
    insert into provider_call (id, client_id, packet_id, provider, channel, messages, state, owner, lease_until)
    select id, client_id, packet_id, 'twilio', channel, 1, 'accepted', uuidv7(), now()
    from message where packet_id = :packet
    """,
    "insert into attempt (client_id, message_id, attempt_no, call_id) select client_id, id, 1, id from message where packet_id = :packet",
    """
    insert into message_event (inbox_id, client_id, message_id, packet_id, state, received_at, outcome)
    select hashtextextended(id::text, 0), client_id, id, packet_id, state, now(), 'applied'
    from message where packet_id = :packet
    """,
)


class Soaked(Paying):
    """A packet that was sent: five messages were delivered, the sixth was accepted and then failed. `folder` has the providers' journal."""

    def __init__(self, database, tmp_path):
        super().__init__(database, tmp_path, lines=PRICES)
        self.folder = tmp_path / "sandbox"
        self.people(PEOPLE)
        self.run()
        self.move("delivered", list(range(1, PEOPLE)))
        self.move("failed", [PEOPLE])
        for statement in HISTORY:
            self.change(statement)
        self.write(self.sent()[-1], fate="filtered")
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

    def balance(self):
        return weigh(self.engine, self.business.client_id, self.packet, PEOPLE)

    def money(self):
        return audit(self.engine, self.business.client_id, self.packet, self.folder)


@pytest.fixture
def soaked(database, tmp_path):
    return Soaked(database, tmp_path)


def test_a_soak_in_which_all_agree_holds(soaked):
    verdict, money = soaked.verdict(), soaked.money()
    assert verdict.holds
    assert soaked.balance() == Balance([])
    assert soaked.balance().holds
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


@pytest.mark.parametrize("state", ["expired", "suppressed", "cancelled", "failed"])
def test_a_message_that_the_journal_has_and_we_call_unsent_is_lost(soaked, state):
    soaked.move(state, [1])
    assert (soaked.verdict().lost, soaked.verdict().holds) == (1, False)


@pytest.mark.parametrize("state", ["expired", "suppressed", "cancelled", "failed"])
def test_a_message_that_nobody_got_is_lost_whatever_we_call_it(soaked, state):
    """A soak asks nobody to be left out, and its providers refuse nobody for good."""
    soaked.forget()
    soaked.move(state, [PEOPLE - 1])
    assert (soaked.verdict().lost, soaked.verdict().holds) == (1, False)


def test_a_failure_that_a_later_attempt_made_good_is_lost(soaked):
    soaked.write(soaked.sent()[-1])
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
def test_a_ledger_that_was_tampered_with_fails_the_soak(soaked, what):
    soaked.tamper(TAMPERED[what])
    money = soaked.money()
    assert money.ledger_differences
    assert not money.holds
    assert {one["proof"] for one in money.ledger_differences} & {*PROOFS, "packet_spent"}


UNBALANCED = {
    "a state": ("update message set state = 'failed' where row_no = 1 and packet_id = :packet", {"sent", "failed", "totals_differ"}),
    "the totals": ("update packet_total set sent = 4, waiting = 1 where packet_id = :packet", {"sent", "waiting", "totals_differ"}),
    "totals that are gone": ("delete from packet_total where packet_id = :packet", {"rows_in", "sent", "totals_missing"}),
    "a message that is gone": ("delete from message where row_no = 1 and packet_id = :packet", {"messages", "sent", "rows_without_outcome"}),
    "a message of no row": ("update message set row_no = 7 where row_no = 1 and packet_id = :packet", {"messages_without_row"}),
    "a row that is gone": ("delete from data_packet_row where row_no = 1 and packet_id = :packet", {"messages_without_row", "totals_differ"}),
    "an attempt that is gone": (
        "delete from attempt where message_id = (select id from message where row_no = 1 and packet_id = :packet)", {"tries_lost"},
    ),
    "a report that is gone": (
        "delete from message_event where message_id = (select id from message where row_no = 1 and packet_id = :packet)",
        {"states_unexplained"},
    ),
    "the state of the packet": ("update data_packet set state = 'sending' where id = :packet", {"state"}),
}  # fmt: skip


@pytest.mark.parametrize("what", UNBALANCED)
def test_a_packet_that_does_not_add_up_fails_the_soak(soaked, what):
    """Tampered with past the triggers, so that the ledger has nothing to say."""
    statement, seen = UNBALANCED[what]
    soaked.tamper(statement)
    balance = soaked.balance()
    assert seen <= {one["what"] for one in balance.imbalance}
    assert not balance.holds


def test_a_row_that_never_got_a_message_fails_the_soak(soaked):
    """The books agree with each other, but not with the file."""
    wanting = weigh(soaked.engine, soaked.business.client_id, soaked.packet, PEOPLE + 1).imbalance
    assert [(one["what"], one["expected"], one["actual"]) for one in wanting] == [
        ("messages", PEOPLE + 1, PEOPLE),
        ("rows_in", PEOPLE + 1, PEOPLE),
    ]


def test_a_soak_that_spends_nothing_does_not_hold(soaked):
    """The ledger adds up, but nothing of the packet is in it."""
    assert soaked.money().holds
    soaked.change("update message set state = 'failed' where packet_id = :packet")
    money = soaked.money()
    assert (money.spent_minor, money.ledger_differences, money.holds) == (0, [], False)
