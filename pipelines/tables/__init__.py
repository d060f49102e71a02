"""The tables, a file per family, on one plain DeclarativeBase.

Every tenant table has `client_id` and row-level security; a test reads the catalogue and fails for a new table without them.
"""

from pipelines.tables import (
    billing,
    clients,
    events,
    feeds,
    log_ins,
    messages,
    packets,
    pauses,
    people,
    reconciliation,
    replies,
    retention,
    schedules,
    senders,
    sending,
)
from pipelines.tables.base import Base

__all__ = [
    "Base",
    "billing",
    "clients",
    "events",
    "feeds",
    "log_ins",
    "messages",
    "packets",
    "pauses",
    "people",
    "reconciliation",
    "replies",
    "retention",
    "schedules",
    "senders",
    "sending",
]
