"""An index of the journal in a SQLite file, brought up to date by every query.

Accepting messages never waits for it. It can be deleted at any time, and is then rebuilt from the journal.
"""

import json
import sqlite3
import threading
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.sandbox.journal import (
    HOOKS,
    MESSAGES,
    REPLIES,
    Accepted,
    Called,
    Record,
    Replied,
    encode_json,
)

SCHEMA = """
create table source (name text primary key, place integer not null);
create table message (
    n integer primary key, id text, service text, channel text, at real, recipient text, sender text,
    content text, fate text, attempt text, callback text);
create index message_id on message (id, recipient);
create index message_recipient on message (recipient, n);
create index message_kind on message (service, channel);
create table called (
    n integer primary key, id text, recipient text, state text, at real, url text, http_status integer, error text);
create index called_id on called (id, recipient);
create table replied (
    n integer primary key, id text, service text, channel text, at real, sender text, recipient text, text text,
    http_status integer, error text);
create index replied_sender on replied (sender);
"""
VERSION = zlib.crc32(SCHEMA.encode()) >> 1  # an index with other tables is rebuilt
# Goes from the newest message backwards until enough people are found. A plus keeps SQLite from using an index.
PEOPLE = """
with hit as not materialized (
    select n, recipient, service, channel from message
    where (:channel is null or channel = :channel)
      and (:search = '' or recipient like :like escape '\\'
           or exists (select 1 from json_each(content) part where part.value like :like escape '\\')))
select recipient, service, channel, n from hit
where n < :before
  and not exists (
      select 1 from hit later
      where later.recipient = hit.recipient and +later.service = hit.service
        and +later.channel = hit.channel and later.n > hit.n)
order by n desc limit :limit
"""
CHUNK = 1024 * 1024  # bytes of the journal read at a time
_MESSAGE = "id, service, channel, at, recipient, sender, content, fate, attempt, callback"
_CALLED = "id, recipient, state, at, url, http_status, error"
_REPLIED = "id, service, channel, at, sender, recipient, text, http_status, error"


# The journals: file, table, columns and kind of record. The next one is read when those before have nothing new.
SOURCES: tuple[tuple[str, str, str, type[Record]], ...] = (
    (MESSAGES, "message", _MESSAGE, Accepted),
    (HOOKS, "called", _CALLED, Called),
    (REPLIES, "replied", _REPLIED, Replied),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A message with its number in the journal, which is the cursor for paging."""

    n: int
    message: Accepted


@dataclass(frozen=True, slots=True)
class Person:
    """An address on one service and channel, the number of its messages, and the newest of them, newest first."""

    address: str
    service: str
    channel: str
    total: int
    cursor: int
    messages: Sequence[Found]


class Index:
    """Answers queries about the current content of the journal in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        path = folder / "index.sqlite"
        path.touch(mode=0o600)  # it contains messages; SQLite's auxiliary files get the same mode
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.executescript("pragma journal_mode = wal; pragma synchronous = off;")
        self._make_tables()

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def find(
        self,
        *,
        to: str | None = None,
        sender: str | None = None,
        service: str | None = None,
        channel: str | None = None,
        since: float | None = None,
        until: float | None = None,
        before: int | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> list[Found]:
        """Messages newest first, or oldest first with `after`. Times are seconds since 1970, `before`/`after` cursors."""
        conditions = {
            "recipient = ?": to,
            "sender = ?": sender,
            "+service = ?": service,  # a plus makes SQLite follow the order of n
            "+channel = ?": channel,
            "at >= ?": since,
            "at < ?": until,
            "n < ?": before,
            "n > ?": after,
        }
        active = {text: value for text, value in conditions.items() if value is not None}
        where = f"where {' and '.join(active)}" if active else ""
        order = "asc" if after is not None else "desc"
        statement = f"select n, {_MESSAGE} from message {where} order by n {order} limit ?"  # noqa: S608 - fixed words only
        return [_found(row) for row in self._query(statement, [*active.values(), limit])]

    def by_id(self, service: str, message_id: str) -> list[Found]:
        """The messages of one call to a service."""
        statement = f"select n, {_MESSAGE} from message where id = ? and service = ?"  # noqa: S608
        return [_found(row) for row in self._query(statement, [message_id, service])]

    def called(self, message_id: str, to: str) -> list[Called]:
        """The callbacks sent about one message, oldest first."""
        statement = f"select {_CALLED} from called where id = ? and recipient = ? order by n"  # noqa: S608
        return [Called(*row) for row in self._query(statement, [message_id, to])]

    def replied(self, address: str) -> list[Replied]:
        """What the person with this address answered, newest first."""
        statement = f"select {_REPLIED} from replied where sender = ? order by n desc"  # noqa: S608
        return [Replied(*row) for row in self._query(statement, [address])]

    def people(
        self,
        *,
        search: str = "",
        channel: str | None = None,
        before: int | None = None,
        limit: int = 24,
        each: int = 4,
    ) -> list[Person]:
        """People who received messages, newest first; `search` is looked up in addresses and in all parts of messages."""
        like = "%" + search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        rows = self._query(
            PEOPLE,
            {"like": like, "search": search, "channel": channel, "before": before or 2**62, "limit": limit},
        )
        return [self._person(*row, each=each) for row in rows]

    def totals(self) -> list[tuple[str, str, int]]:
        """Service, channel and number of messages."""
        return self._query(
            "select service, channel, count(*) from message group by service, channel order by 1, 2", []
        )

    def _person(self, address: str, service: str, channel: str, cursor: int, *, each: int) -> Person:
        statement = "select count(*) from message where recipient = ? and +service = ? and +channel = ?"
        total = int(self._query(statement, [address, service, channel])[0][0])
        newest = self.find(to=address, service=service, channel=channel, limit=each)
        return Person(address, service, channel, total, cursor, newest)

    def _make_tables(self) -> None:
        """Create the tables, unless they exist in this very form."""
        if self._db.execute("pragma user_version").fetchone()[0] == VERSION:
            return
        for (name,) in self._db.execute("select name from sqlite_master where type = 'table'").fetchall():
            self._db.execute(f"drop table {name}")
        self._db.executescript(f"begin; {SCHEMA} pragma user_version = {VERSION}; commit;")

    def read_some(self) -> bool:
        """Read one chunk of what is new; False when nothing is left."""
        with self._lock:
            return self._read_new()

    def _query(self, statement: str, values: Sequence[object] | dict[str, object]) -> list[Any]:
        with self._lock:
            while self._read_new():
                continue
            return self._db.execute(statement, values).fetchall()

    def _read_new(self) -> bool:
        return any(self._read(*source) for source in SOURCES)

    def _read(self, name: str, table: str, columns: str, kind: type[Record]) -> bool:
        stored = self._db.execute("select place from source where name = ?", [name]).fetchone()
        place = stored[0] if stored else 0
        lines = _new_lines(self._folder / name, place)
        if not lines:
            return False
        fields = kind._fields
        required = set(fields) - kind._field_defaults.keys()
        rows = (
            [_stored(record.get(field)) for field in fields]
            for record in map(json.loads, lines)
            if record.keys() >= required  # otherwise the line is not a record
        )
        self._db.execute("begin")
        insert = f"insert into {table} ({columns}) values ({', '.join('?' * len(fields))})"  # noqa: S608
        self._db.executemany(insert, rows)
        self._db.execute("insert or replace into source values (?, ?)", [name, place + sum(map(len, lines))])
        self._db.execute("commit")
        return True


def _new_lines(path: Path, place: int) -> list[bytes]:
    """Complete lines after byte `place`, up to about a chunk."""
    if not path.exists():
        return []
    with path.open("rb") as journal:
        journal.seek(place)
        lines = journal.readlines(CHUNK)
    if lines and not lines[-1].endswith(b"\n"):
        lines.pop()
    return lines


def _stored(value: Any) -> Any:
    return encode_json(value) if isinstance(value, dict) else value


def _found(row: Sequence[Any]) -> Found:
    n, *fields = row
    message = Accepted(*fields)
    return Found(n, message._replace(content=json.loads(fields[6])))
