"""Keeps the outcome of the comparison with a provider's list of a day, and raises an alarm of each client whose messages differ."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from pipelines.actions.alarms import Alarm, clear_other_alarms, raise_alarm
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

ALARM = "list_difference"
REFERENCES = 5  # of an alarm


@dataclass(frozen=True, slots=True)
class Compared:
    """The outcome for one account: `agrees`, `differs`, or `not_read`. The counts are of messages.

    A difference has `side` (`unrecorded`: listed, but not accepted as far as we know; `unlisted`: accepted, but not listed), `client_id` (or
    None), `messages` and some references in `provider_refs`.
    """

    account: str
    day: date
    outcome: str
    listed: int | None = None
    accepted: int | None = None
    differences: list[dict[str, Any]] = field(default_factory=list)


def keep(uow: UnitOfWork, one: Compared) -> None:
    """Keep the outcome in place of an earlier one: unless the list was not read, the day is no longer missed."""
    values = {
        "account": one.account, "day": one.day, "outcome": one.outcome, "listed": one.listed, "accepted": one.accepted,
        "differences": json.dumps(one.differences),
    }  # fmt: skip
    uow.execute(sql("billing/lists/keep"), values)


def raise_alarms(uow: UnitOfWork, one: Compared) -> None:
    """Raise an alarm for each client with a difference, unless one about a newer day of the account holds."""
    for alarm in _alarms(one):
        newer = {"client_id": alarm.client_id, "code": ALARM, "subject": alarm.subject, "day": one.day}
        if not uow.all(sql("billing/lists/newer_alarm"), newer):
            raise_alarm(uow, ALARM, alarm)


def end_alarms(uow: UnitOfWork, compared: Sequence[Compared], newest: date) -> None:
    """Clear the alarms of the accounts whose list of `newest` was read, except about the differences in `compared`.

    Each of these is then about the newest of its days that were compared: an older alarm about a newer day has ended.
    """
    read = [one.account for one in compared if one.day == newest and one.outcome != "not_read"]
    alarms = [alarm for one in sorted(compared, key=lambda one: one.day) for alarm in _alarms(one)]
    for alarm in alarms:
        if alarm.subject in read:
            raise_alarm(uow, ALARM, alarm)
    clear_other_alarms(uow, ALARM, alarms, only=read)


def _alarms(one: Compared) -> Iterator[Alarm]:
    clients: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for difference in one.differences:
        if difference["client_id"]:
            clients[difference["client_id"]].append(difference)
    for client_id, differences in clients.items():
        references = [reference for side in differences for reference in side["provider_refs"]]
        counts = {"unrecorded": 0, "unlisted": 0} | {side["side"]: side["messages"] for side in differences}
        params = {
            "account": one.account,
            "day": str(one.day),
            "references": ", ".join(references[:REFERENCES]),
        }
        yield Alarm(UUID(client_id), params | counts, subject=one.account)
