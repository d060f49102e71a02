"""Packets with messages ready to send, and lanes over a sandbox: for the tests of dispatch, settle and events."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Engine, text

from pipelines import steps
from pipelines.channels.lanes import Lane
from pipelines.settings import Settings
from pipelines.steps.journal import StepResult
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import Business, make_packet
from tests.fixtures_sandbox import SECRETS

MESSAGES = """
insert into message (client_id, packet_id, row_no, channel, address, language, rule, subject, body, not_before, expires_at)
select :client, :packet, row_no, :channel, address, 'en', 'test', case when :channel = 'email' then 'About ' || row_no end,
    'Message ' || row_no, now() + cast(:not_before as interval), now() + cast(:expires as interval)
from unnest(cast(:addresses as text[])) with ordinality as person (address, row_no)
"""
ROWS = """
insert into data_packet_row (packet_id, row_no, client_id, line_no, cells)
select :packet, row_no, :client, row_no + 1, array['x'] from generate_series(1, :rows) as row_no
"""


def phones(count: int, first: int = 5_550_000) -> list[str]:
    return [f"+1202{first + number}" for number in range(count)]


def mailboxes(count: int) -> list[str]:
    return [f"person{number}@example.com" for number in range(count)]


def make_sending(
    worker: Engine,
    business: Business,
    addresses: list[str],
    channel: str = "sms",
    *,
    not_before: str = "0 seconds",
    expires: str = "1 day",
) -> UUID:
    """A packet, assembled, with one ready message per address."""
    packet_id = make_packet(worker, business)
    parameters = {"client": business.client_id, "packet": packet_id, "channel": channel}
    with UnitOfWork(worker, business.client_id) as uow:
        uow.execute(text(ROWS), parameters | {"rows": len(addresses)})
        uow.execute(
            text(MESSAGES),
            parameters | {"addresses": addresses, "not_before": not_before, "expires": expires},
        )
        uow.execute(text("update data_packet set state = 'preparing' where id = :packet"), parameters)
        uow.commit()
    return packet_id


@dataclass(frozen=True)
class Boat:
    """What a lane needs, for one client."""

    worker: Engine
    business: Business
    settings: Settings
    secrets: dict[str, str] = field(default_factory=lambda: SECRETS, repr=False)

    def run(self, step: str, packet_id: UUID, lane: str | None = None, *, run_id: str = "test") -> StepResult:
        return steps.run(
            step,
            packet_id,
            engine=self.worker,
            settings=self.settings,
            secrets=self.secrets,
            run_id=run_id,
            lane=Lane.parse(lane) if lane else None,
        )

    def rows(self, query: str, **parameters: object) -> list:
        with UnitOfWork(self.worker, self.business.client_id) as uow:
            return list(uow.all(text(query), parameters))

    def change(self, statement: str, **parameters: object) -> None:
        with UnitOfWork(self.worker, self.business.client_id) as uow:
            uow.execute(text(statement), parameters)
            uow.commit()

    def returning(self, statement: str, **parameters: object) -> list:
        """Change something and return the rows of its RETURNING."""
        with UnitOfWork(self.worker, self.business.client_id) as uow:
            rows = list(uow.all(text(statement), parameters))
            uow.commit()
        return rows

    def wait(self, packet_id: UUID) -> tuple[str, float] | None:
        """Why a channel of the packet waits, and for how many seconds from now."""
        query = "select code, extract(epoch from until - now())::float8 as seconds from channel_wait where packet_id = :packet"
        rows = self.rows(query, packet=packet_id)
        return tuple(rows[0]) if rows else None

    def end_breakers(self) -> None:
        """What holds providers back may be tried now."""
        self.change("update breaker set retry_at = now()")

    def states(self, packet_id: UUID) -> dict[str, int]:
        """How many messages are in which state."""
        query = "select state, count(*) from message where packet_id = :packet group by state"
        return {row.state: row.count for row in self.rows(query, packet=packet_id)}


def boat_for(worker: Engine, business: Business, home: Path, provider_url: str, **changes: object) -> Boat:
    """A boat whose providers are at `provider_url`; nothing receives its callbacks unless `public_url` says who.

    Its calls have time, since a busy machine must not turn an answer into an unknown one. A test of a provider that is silent
    says how long to wait for it.
    """
    values = {
        "home": home,
        "sandbox_port": urlsplit(provider_url).port,
        "public_url": "http://127.0.0.1:9",
        "call_timeout": 30.0,
        "connect_timeout": 30.0,
    }
    return Boat(worker, business, Settings(_env_file=None, **(values | changes)))
