"""What must hold after every step, whatever has happened (docs/how-nothing-is-doubled.md)."""

from collections import Counter, defaultdict

from pipelines.billing.proofs import packet_differences
from pipelines.states import TAKEN, MessageState, Outcome, row_outcome

OPEN = {"ready", "sending", "unknown"}
NOT_OUT = {"ready", "expired", "suppressed", "cancelled"}
# Higher reports replace lower ones, never the other way round.
RANK = {"accepted": 1, "sent": 2, "failed": 3, "undelivered": 4, "delivered": 5}


def every_message_has_one_state(clinic, seen) -> None:
    of_packet = Counter(row.packet_id for row in seen["messages"])
    assert of_packet == {packet: len(people) for packet, people in clinic.packets.items()}
    assert {row.state for row in seen["messages"]} <= set(MessageState)


def nobody_gets_a_message_twice(clinic, seen, journal, gave_way) -> None:
    """`gave_way`: attempts of which the provider reported that they reached nobody, so that another may follow."""
    there: Counter = Counter()
    for row in seen["tries"]:
        assert journal[row.id] <= 1, "one attempt, accepted twice"
        if row.id not in gave_way:
            there[row.message_id] += journal[row.id]
    assert max(there.values(), default=0) <= 1, "sent twice"


def the_books_agree_with_the_provider(clinic, seen, journal, gave_way) -> None:
    tries = defaultdict(set)
    for row in seen["tries"]:
        tries[row.message_id].add(row.id)
    for message in seen["messages"]:
        there = tries[message.id] & journal.keys()
        if message.state in TAKEN:
            assert there, f"called {message.state}, and the provider has never seen it"
        elif message.state in NOT_OUT:
            assert there <= gave_way, f"called {message.state}, and the provider has it"


def a_message_has_one_living_attempt(clinic, seen) -> None:
    given_up = {row.id: row.failed_attempt_no or 0 for row in seen["messages"]}
    living = Counter(
        row.message_id
        for row in seen["tries"]
        if row.state in {"sending", "unknown", "accepted"} and row.attempt_no > given_up[row.message_id]
    )
    assert max(living.values(), default=0) <= 1


def no_report_moves_a_state_back(before, seen) -> None:
    """A delivered message stays delivered for good, and an attempt that was reported on never looks as if it had not been."""
    earlier = {row.id: row for row in before["messages"]}
    for now in seen["messages"]:
        was = earlier.get(now.id)
        if was is None or was.state not in RANK:
            continue
        is_same_try = (was.attempt_no, was.failed_attempt_no) == (now.attempt_no, now.failed_attempt_no)
        if is_same_try or was.state == "delivered":
            assert RANK.get(now.state, 0) >= RANK[was.state], f"{was.state} became {now.state}"


def the_totals_are_the_counts(clinic, seen) -> None:
    states = defaultdict(list)
    for row in seen["messages"]:
        states[row.packet_id, row.row_no].append(MessageState(row.state))
    for total in seen["totals"]:
        outcomes = Counter(
            row_outcome(of_row) for (packet, _), of_row in states.items() if packet == total.packet_id
        )
        assert {one: getattr(total, one) for one in Outcome} == {one: outcomes[one] for one in Outcome}


def the_wallet_adds_up(clinic, seen) -> None:
    """Computed from the messages and from what was paid, refunded and priced, not by the statements of the ledger."""
    reserved_packets = {row.packet_id for row in seen["charges"] if row.state == "reserved"}
    reserved = sum(
        row.price_minor for row in seen["messages"] if row.state in OPEN and row.packet_id in reserved_packets
    )
    spent = sum(
        max(0, row.price_minor - clinic.refunds[row.id]) for row in seen["messages"] if row.state in TAKEN
    )
    assert all(row.balance_minor == row.entered for row in seen["accounts"])
    balances = Counter()
    for row in seen["accounts"]:
        balances[row.kind] += row.balance_minor
    assert sum(balances.values()) == 0
    assert (balances["reserved"], balances["spent"]) == (reserved, spent)
    assert balances["available"] + balances["owed"] == clinic.paid - reserved - spent


def prices_are_frozen(clinic, seen) -> None:
    for row in seen["messages"]:
        expected = clinic.prices.get((row.packet_id, clinic.packets[row.packet_id][row.row_no - 1]))
        assert row.price_minor == (
            0 if row.state in {"suppressed", "expired"} and not row.price_minor else expected
        )


def what_was_erased_is_gone(clinic, seen) -> None:
    for row in seen["messages"]:
        if (row.packet_id, row.row_no) in clinic.erased:
            assert (row.address, row.body) == ("", "")
    for row in seen["rows"]:
        if (row.packet_id, row.row_no) in clinic.erased:
            assert (row.cells, row.phone) == ([], None)


def the_money_of_packets_follows_their_messages(clinic) -> None:
    with clinic.uow() as uow:
        assert packet_differences(uow, list(clinic.packets)) == []


def hold(clinic, before, seen, journal, gave_way) -> None:
    """All of them, for one client. `journal`: how often the provider has accepted each attempt."""
    every_message_has_one_state(clinic, seen)
    nobody_gets_a_message_twice(clinic, seen, journal, gave_way)
    the_books_agree_with_the_provider(clinic, seen, journal, gave_way)
    a_message_has_one_living_attempt(clinic, seen)
    no_report_moves_a_state_back(before, seen)
    the_totals_are_the_counts(clinic, seen)
    the_wallet_adds_up(clinic, seen)
    prices_are_frozen(clinic, seen)
    what_was_erased_is_gone(clinic, seen)
    the_money_of_packets_follows_their_messages(clinic)
