"""A client with a price list, and packets of a bench that are charged."""

from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines.actions.billing.book_payment import top_up
from pipelines.actions.billing.import_prices import PriceLine, import_prices
from pipelines.store.unit_of_work import UnitOfWork
from tests.steps.assembling import ANA, Bench

GUARDED = ("entry", "journal", "message", "refund")  # tables whose triggers keep the books
START = date(2020, 1, 1)
LONG = ("sms", "en", None, "Hello {{ first_name }} " + "x" * 180)  # two segments
PRICES = [
    PriceLine(START, "sms", "*", "segment", 9),
    PriceLine(START, "sms", "US", "segment", 2),
    PriceLine(START, "email", "*", "message", 1),
]


def import_(engine, client_id, lines=PRICES, currency="USD"):
    return import_prices(engine, client_id=client_id, currency=currency, lines=lines, by="test")


def pay(engine, client_id, minor, currency="USD", key=None):
    return top_up(
        engine, client_id=client_id, minor=minor, currency=currency, key=key or uuid4().hex, note="test"
    )


class Paying(Bench):
    """A bench whose client pays: 2 cents per segment to the USA, 9 elsewhere, 1 cent per e-mail."""

    def __init__(self, database, tmp_path, *, credit=1000, lines=PRICES, **changes):
        super().__init__(database, tmp_path, **changes)
        self.app, self.owner = database.engine("app"), database.engine("owner")
        import_(self.app, self.business.client_id, lines)
        if credit:
            self.pay(credit)

    def pay(self, minor, **more):
        return pay(self.app, self.business.client_id, minor, **more)

    def people(self, count, packet=None, country="US"):
        self.rows(
            *(
                ANA | {"phone": f"+1212555{number:04}", "phone_country": country}
                for number in range(100, 100 + count)
            ),
            packet=packet,
        )

    def assembled(self, count, **more):
        """A new packet with this many messages."""
        packet = self.new_packet()
        self.people(count, packet, **more)
        self.run("assemble", packet)
        return packet

    def change(self, statement, **parameters):
        with self.uow() as uow:
            uow.execute(text(statement), {"packet": self.packet} | parameters)
            uow.commit()

    def tamper(self, statement):
        """Change one row as the owner, past every trigger. The statement may name :client and :packet."""
        who = {"client": self.business.client_id, "packet": self.packet}
        with UnitOfWork(self.owner, self.business.client_id) as uow:
            for table in GUARDED:
                uow.execute(text(f"alter table {table} disable trigger user"))
            assert uow.execute(text(statement), who).rowcount == 1
            for table in GUARDED:
                uow.execute(text(f"alter table {table} enable trigger user"))
            uow.commit()

    def move(self, state, rows=None, packet=None, **more):
        """Move messages as a lane or a callback would: by one statement."""
        sets = ", ".join(f"{name} = {value}" for name, value in more.items())
        self.change(
            f"update message set state = :state {', ' + sets if sets else ''} where packet_id = :packet"
            + (" and row_no = any(:rows)" if rows else ""),
            state=state,
            packet=packet or self.packet,
            **({"rows": rows} if rows else {}),
        )

    def balances(self, currency="USD"):
        rows = self.select(
            "select kind, balance_minor from account where currency = :currency", currency=currency
        )
        return {row.kind: row.balance_minor for row in rows if row.balance_minor}

    def state(self, packet=None):
        return self.select("select state from data_packet where id = :p", p=packet or self.packet)[0].state

    def journals(self, packet=None):
        return self.select(
            "select kind, reserved_minor, spent_minor, messages from journal where packet_id = :p order by id",
            p=packet or self.packet,
        )


@pytest.fixture
def paying(database, tmp_path):
    return Paying(database, tmp_path)
