"""What follows from failures that providers report after they accepted a message (docs/protocols.md#failures)."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import structlog
from sqlalchemy import Engine, Row

from pipelines.channels import channels
from pipelines.events.pauses import Subject, begin_pause
from pipelines.language import Sentence
from pipelines.providers.carriers import carriers
from pipelines.providers.carriers.failures import Failure
from pipelines.states import MessageState
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

FAILED = frozenset({MessageState.FAILED, MessageState.UNDELIVERED})
DELAY = 600.0  # seconds until the second attempt: a phone that is off or a network that is busy needs a while
ACCOUNT_PAUSE = 60.0  # seconds until a provider is tried again that reported a failure of our account
# The share of failures at which a packet is paused, and of how many messages at least (docs/protocols.md#failures).
SOARING, LEAST = 0.05, 200
WATCHER = "packetboat"  # who pauses such a packet

log = structlog.get_logger()


def follow_failures(uow: UnitOfWork, moved: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """React to the messages that have just failed (their rows are locked). Returns those that will be tried once more, as rows that moved."""
    failed = [row.id for row in moved if row.state_after in FAILED]
    if not failed:
        return []
    accounts = {"message_ids": failed, "seconds": ACCOUNT_PAUSE} | _codes(Failure.ACCOUNT)
    uow.execute(sql("events/account_failures"), accounts)
    repeated = [name for name, channel in channels().items() if channel.resends]
    again = {"message_ids": failed, "delay_seconds": DELAY, "channels": repeated}
    return uow.all(sql("events/try_again"), again | _codes(Failure.PASSING))


@cache
def passing() -> list[str]:
    """The failures that pass: provider and code, with a space between them."""
    codes = _codes(Failure.PASSING)
    return [f"{provider} {code}" for provider, code in zip(codes["providers"], codes["codes"], strict=True)]


def let_go_on(uow: UnitOfWork, ready: Sequence[Row[Any]]) -> None:
    """Let the packets of messages that are ready again go on, even settled ones; called after their totals were kept."""
    if ready:
        packets = {"packet_ids": sorted({row.packet_id for row in ready})}
        uow.execute(sql("events/lock_packets"), packets)
        uow.execute(sql("events/reopen"), packets)
        uow.execute(sql("events/reset_starts"), packets)
        uow.execute(sql("events/lock_waits"), packets)
        uow.execute(sql("events/wait_lifted"), packets)


def watch_failures(engine: Engine) -> int:
    """Pause each packet of which too many messages fail because of their content or sender, or nobody knows why; returns how many.

    A person resumes or cancels it.
    """
    paused = 0
    with UnitOfWork(engine, every_client=True) as uow:
        for row in uow.all(sql("events/soaring"), _counting()):
            reason = Sentence("paused_failures_soar", {"failed": row.failed, "tried": row.tried})
            if begin_pause(uow, Subject(row.client_id, packet_id=row.packet_id), reason, by=WATCHER):
                who = {"packet_id": row.packet_id, "client_id": row.client_id}
                uow.execute(sql("events/soaring_alarm"), who | {"cases": row.failed})
                log.error("failures_soar", packet_id=str(row.packet_id), failed=row.failed, tried=row.tried)
                paused += 1
        uow.execute(sql("events/soaring_over"))
        uow.commit()
    return paused


def unlisted(provider: str, code: str) -> bool:
    """Whether nobody knows what this code of a provider means."""
    carrier = carriers().get(provider)
    return carrier is None or (code not in carrier.failures and carrier.unlisted_failure is None)


def _counting() -> dict[str, Any]:
    """Which failures count: all of some channels; of the others those that are not known to have another cause than content or sender."""
    every = {
        channel
        for carrier in carriers().values()
        for channel in carrier.channels
        if carrier.unlisted_failure is Failure.CONTENT
    }
    known = [pair for carrier in carriers().values() for pair in carrier.failures.items()]
    ours = {code for code, meaning in known if meaning is Failure.CONTENT}
    others = {code for code, _ in known} - ours
    return {"share": SOARING, "least": LEAST, "channels": sorted(every), "codes": sorted(others)}


def _codes(failure: Failure) -> dict[str, list[str]]:
    """The codes with this meaning, as two parallel arrays."""
    pairs = [
        (carrier.name, code)
        for carrier in carriers().values()
        for code, meaning in carrier.failures.items()
        if meaning is failure
    ]
    return {"providers": [provider for provider, _ in pairs], "codes": [code for _, code in pairs]}
