"""An address is suppressed once, in the form in which addresses are compared."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from pipelines.store import migrate
from pipelines.store.unit_of_work import UnitOfWork

MIGRATION = next(file for file in migrate.files() if file.stem.endswith("_comparable_addresses"))


def store(connection, business, *addresses, channel="email"):
    for address in addresses:
        connection.execute(
            text(
                "insert into suppression (client_id, channel, address, reason, source)"
                " values (:client, :channel, :address, 'opted_out', :address)"
            ),
            {"client": business.client_id, "channel": channel, "address": address},
        )


@pytest.fixture
def owner(database):
    """A connection of the owner of the tables that sees every client; what it does is undone."""
    with database.engine("owner").connect() as connection:
        connection.execute(text("select set_config('packetboat.scope', 'every_client', true)"))
        yield connection
        connection.rollback()


@pytest.mark.parametrize(
    ("address", "comparable"),
    [
        ("Jane.Doe+x@Example.COM", "jane.doe+x@example.com"),
        ("+12125550123", "+12125550123"),
        ("JÄNE.STRASSE@xn--bcher-kva.example", "jäne.strasse@xn--bcher-kva.example"),
        ("Straße@example.com", "strasse@example.com"),
        (None, None),
    ],
)
def test_the_comparable_form(owner, address, comparable):
    assert owner.scalar(text("select comparable_address(:address)"), {"address": address}) == comparable
    assert address is None or comparable == address.casefold()


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters="\x00")), max_size=20))
def test_every_address_that_cleaning_lets_through_is_compared_as_python_would(database, addresses):
    """Cleaning lets ASCII alone through."""
    with database.engine("worker").connect() as connection:
        compared = connection.scalar(
            text("select array(select comparable_address(one) from unnest(cast(:all as text[])) as one)"),
            {"all": addresses},
        )
    assert compared == [address.casefold() for address in addresses]


def test_no_other_form_is_stored(owner, business):
    store(owner, business, "jane@example.com")
    with pytest.raises(IntegrityError, match="suppression_comparable_check"):
        store(owner, business, "Jane@example.com")


def test_a_claim_looks_addresses_up_by_the_index(database, business):
    """Otherwise a client with many opted-out customers would slow each claim down."""
    with UnitOfWork(database.engine("worker"), business.client_id) as uow:
        store(uow, business, *(f"person{number}@example.com" for number in range(1_000)))
        uow.execute(text("analyze suppression"))
        plan = uow.all(
            text(
                "explain (costs off) select from suppression"
                " where client_id = :client and channel in ('email', '*') and address = any(:addresses)"
            ),
            {"client": business.client_id, "addresses": ["person1@example.com", "nobody@example.com"]},
        )
    [condition] = [row[0] for row in plan if "Index Cond" in row[0]]
    assert all(column in condition for column in ("client_id = ", "channel = ", "address = "))


def test_existing_suppressions_are_converted(owner, business):
    owner.execute(text("drop function comparable_address(text) cascade"))
    owner.execute(text("alter table suppression disable trigger keep_change"))
    store(owner, business, "Jane@example.com", "jane@example.com", "JANE@Example.com", "joe@example.com")
    store(owner, business, "Jane@example.com", "+12125550123", channel="sms")
    owner.connection.driver_connection.execute(Path(MIGRATION).with_suffix(".sql").read_text())
    rows = owner.execute(
        text("select channel, address, source from suppression where client_id = :client order by id"),
        {"client": business.client_id},
    )
    assert [tuple(row) for row in rows] == [
        ("email", "jane@example.com", "Jane@example.com"),  # the first: it says since when
        ("email", "joe@example.com", "joe@example.com"),
        ("sms", "jane@example.com", "Jane@example.com"),
        ("sms", "+12125550123", "+12125550123"),
    ]
