"""Transactions that book for several clients, in whatever order they moved the messages, do not deadlock."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from sqlalchemy import text

from pipelines.billing.wallet import available, book
from pipelines.store.unit_of_work import UnitOfWork
from tests.billing.paying import Paying, import_

LOCK = text("select from account where client_id = :client for no key update")
MOVE = text("update message set state = 'accepted' where packet_id = :packet and row_no = :row")
WAITING = text("select count(*) from pg_locks where not granted")


@pytest.fixture
def two(database, tmp_path):
    """Two clients, each with a packet of two messages of 2 cents."""
    clients = [Paying(database, tmp_path / str(number), credit=100) for number in range(2)]
    for paying in clients:
        paying.people(2)
        paying.run()
    return clients


def booking(clients, row):
    """Move a message of each client, in the order given, and commit."""
    with UnitOfWork(clients[0].engine, every_client=True) as uow:
        for paying in clients:
            uow.execute(MOVE, {"packet": paying.packet, "row": row})
        uow.commit()


def test_accounts_of_several_clients_are_locked_in_one_order(two):
    with ThreadPoolExecutor(2) as pool, ExitStack() as held:
        locks = []
        for paying in two:
            locks.append(held.enter_context(UnitOfWork(paying.engine, every_client=True)))
            locks[-1].execute(LOCK, {"client": paying.business.client_id})
        bookings = []
        for number, order in enumerate((two, two[::-1]), 1):
            bookings.append(pool.submit(booking, order, number))
            wait_for(locks[0], number)
        locks[1].commit()
        wait_for(locks[0], 2)
        locks[0].commit()
        for done in bookings:
            done.result()
    for paying in two:
        assert paying.balances() == {"paid_in": -100, "available": 96, "spent": 4}


def test_accounts_of_one_client_in_two_currencies_are_locked_in_one_order(database, tmp_path):
    """A payment looks at one currency; at commit it books, like whoever moves messages, with all accounts locked."""
    paying = Paying(database, tmp_path)
    dollars = paying.assembled(2)
    import_(paying.app, paying.business.client_id, currency="EUR")
    paying.pay(100, currency="EUR")
    euros = paying.assembled(2)
    with ThreadPoolExecutor(2) as pool, UnitOfWork(paying.engine, every_client=True) as first:
        # The accounts in euros are the younger ones: whoever holds only them would wait for those in dollars at commit.
        available(first, paying.business.client_id, "EUR")
        moved = pool.submit(booking_of_packets, paying, [dollars, euros])
        wait_for(first, 1)
        book(first, paying.business.client_id, "top_up", "one", "EUR", paid_minor=5)
        first.commit()
        moved.result()
    assert paying.balances()["spent"] == 2
    assert paying.balances("EUR") == {"paid_in": -105, "available": 101, "reserved": 2, "spent": 2}


def booking_of_packets(paying, packets):
    """Move a message of each packet and commit."""
    with UnitOfWork(paying.engine, paying.business.client_id) as uow:
        for packet in packets:
            uow.execute(MOVE, {"packet": packet, "row": 1})
        uow.commit()


def wait_for(uow, waiting):
    while uow.scalar(WAITING) < waiting:
        pass
