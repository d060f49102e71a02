"""The database enforces the ledger: sums to zero, booked once, never below zero, never changed."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_business


@pytest.fixture
def wallet(database, business):
    """The accounts of a fresh client, by kind, with 100 minor units available."""
    with UnitOfWork(database.engine("app"), business.client_id) as uow:
        accounts = {
            kind: uow.scalar(
                text(
                    "insert into account (client_id, kind, currency) values (:client, :kind, 'EUR') returning id"
                ),
                {"client": business.client_id, "kind": kind},
            )
            for kind in ("paid_in", "available", "reserved")
        }
        book(uow, business, "topup:1", {accounts["paid_in"]: -100, accounts["available"]: 100})
        uow.commit()
    return accounts


def book(uow, business, key, amounts):
    journal = uow.scalar(
        text("insert into journal (client_id, unique_key, kind) values (:client, :key, 'test') returning id"),
        {"client": business.client_id, "key": f"{business.slug}:{key}"},
    )
    for account, amount in amounts.items():
        uow.execute(
            text(
                "insert into entry (client_id, journal_id, account_id, amount_minor)"
                " values (:client, :journal, :account, :amount)"
            ),
            {"client": business.client_id, "journal": journal, "account": account, "amount": amount},
        )


def balances(uow):
    return dict(uow.all(text("select kind, balance_minor from account")))


def test_balances_follow_the_entries(database, business, wallet):
    with UnitOfWork(database.engine("app"), business.client_id) as uow:
        book(uow, business, "reserve:1", {wallet["available"]: -30, wallet["reserved"]: 30})
        uow.commit()
        assert balances(uow) == {"paid_in": -100, "available": 70, "reserved": 30}


def test_a_journal_that_does_not_add_up_is_refused(database, business, wallet):
    with UnitOfWork(database.engine("app"), business.client_id) as uow:
        book(uow, business, "crooked", {wallet["available"]: -30, wallet["reserved"]: 29})
        with pytest.raises(IntegrityError, match="add up to zero"):
            uow.commit()


def test_nothing_is_booked_twice(database, business, wallet):
    with (
        UnitOfWork(database.engine("app"), business.client_id) as uow,
        pytest.raises(IntegrityError, match="unique_key"),
    ):
        book(uow, business, "topup:1", {wallet["paid_in"]: -1, wallet["available"]: 1})


def test_the_wallet_never_falls_below_zero(database, business, wallet):
    with (
        UnitOfWork(database.engine("app"), business.client_id) as uow,
        pytest.raises(IntegrityError, match="on_its_side"),
    ):
        book(uow, business, "too much", {wallet["available"]: -101, wallet["reserved"]: 101})


@pytest.mark.parametrize("every_client", [False, True])
def test_nothing_is_booked_on_another_clients_account(database, business, wallet, every_client):
    """Neither by a client, who does not see it, nor by a periodic task, which sees all of them."""
    stranger = make_business(database.engine("worker"))
    scope = {"every_client": True} if every_client else {"client_id": stranger.client_id}
    with (
        UnitOfWork(database.engine("worker"), **scope) as uow,
        pytest.raises(IntegrityError, match="account"),
    ):
        book(uow, stranger, "theft", {wallet["available"]: -100})
    with UnitOfWork(database.engine("app"), business.client_id) as uow:
        assert balances(uow)["available"] == 100


def test_an_entry_whose_balance_cannot_be_seen_is_refused(database, business, wallet):
    """The foreign key holds, and yet the trigger reaches no row: a balance that stands still must not pass for a booking."""
    with UnitOfWork(database.engine("owner"), business.client_id) as uow:
        uow.execute(text("alter policy own_client on account using (false)"))
        with pytest.raises(IntegrityError, match="is not there"):
            book(uow, business, "unseen", {wallet["available"]: -1})


def test_a_journal_that_is_out_of_sight_at_commit_is_refused(database, business, wallet):
    stranger = make_business(database.engine("worker"))
    with UnitOfWork(database.engine("app"), business.client_id) as uow:
        book(uow, business, "crooked", {wallet["available"]: -30})
        uow.execute(
            text("select set_config('packetboat.client_id', :client, true)"),
            {"client": str(stranger.client_id)},
        )
        with pytest.raises(IntegrityError, match="cannot be seen"):
            uow.commit()


@pytest.mark.parametrize("role", ["app", "worker", "owner"])
@pytest.mark.parametrize(
    "statement", ["update entry set amount_minor = 5", "delete from entry", "delete from journal"]
)
def test_what_is_booked_stays(database, business, wallet, role, statement):
    with UnitOfWork(database.engine(role), business.client_id) as uow, pytest.raises(DBAPIError):
        uow.execute(text(statement))
