"""No statement has the shape that crashes PostgreSQL 18.4 (decision 15): rows that others may change are locked first, then changed by value."""

import re

import pytest

from pipelines.settings import PROJECT

STATEMENTS = sorted(
    file for file in (PROJECT / "sql").rglob("*.sql") if "migrations" not in file.relative_to(PROJECT).parts
)
LOCK = re.compile(r"\bfor (no key update|update|share|key share)\b")
# Several processes change these tables concurrently; any other belongs to the step that works on its packet.
SHARED = "message|provider_call|event_inbox|data_packet|packet_total|outbox|account"
CHANGE_INSIDE = re.compile(rf"\bas (?:not )?(?:materialized )?\(\s*(?:update|delete from) (?:{SHARED})\b")
CHANGE = re.compile(r"\b(update \w+\s+set|insert into|delete from|merge into)\b")
FROM = re.compile(r"\b(?:from|join) (\w+)")
MESSAGES = re.compile(r"\b(from|join|update|into) message\b")


def code(file):
    """The statement without its comments."""
    return re.sub(r"--.*", "", file.read_text()).lower()


def name(file):
    return str(file.relative_to(PROJECT / "sql"))


def flaw(statement):
    """What could make this statement crash the server, or None."""
    if CHANGE_INSIDE.search(statement):
        return "changes rows inside a with query: lock them in a separate statement, and change them by value"
    if not LOCK.search(statement) or not MESSAGES.search(statement):
        return None
    if CHANGE.search(statement):
        return "locks and changes at once, and reads the partitioned message: make it two statements"
    locked = FROM.findall(statement[: LOCK.search(statement).start()])[-1]
    if locked != "message" or len(MESSAGES.findall(statement)) > 1 or len(LOCK.findall(statement)) > 1:
        return "locks other rows and reads the partitioned message: make it two statements"
    return None


@pytest.mark.parametrize("file", STATEMENTS, ids=name)
def test_a_statement_locks_or_changes(file):
    assert flaw(code(file)) is None


@pytest.mark.parametrize(
    "statement",
    [
        "with moved as (update message set state = 'x' returning id) select count(*) from moved",
        "with held as materialized (select id from call for update) update message set state = 'x' from held",
        "with held as (select id from call for update) select * from held join message on message.id = held.id",
    ],
)
def test_crashing_shapes_are_recognised(statement):
    assert flaw(statement)


# Migrations whose text no longer decides: each with what replaced it.
REPLACED = {"migrations/versions/0009_packets_that_need_somebody.sql": "views/packet_need.sql"}
TIMED = [file for file in (PROJECT / "sql").rglob("*.sql") if name(file) not in REPLACED]
CONDITION = re.compile(r"\b(?:and|or|where|on|when|then|select|from|join|set|values)\b|;")
DEADLINE = re.compile(r"\b(expires_at|not_before)\b")
COMPARISON = re.compile(r"[<>=]|\bbetween\b")
REAL_CLOCK = re.compile(
    r"\b(?:now|(?:clock|statement|transaction)_timestamp)\(\)|\b\w+\.now\b|\bcurrent_timestamp\b"
)


def by_real_clock(statement):
    """The conditions and values in which the real clock decides about a deadline or schedule."""
    return [
        condition.strip()
        for condition in CONDITION.split(statement)
        if DEADLINE.search(condition) and COMPARISON.search(condition) and REAL_CLOCK.search(condition)
    ]


@pytest.mark.parametrize("file", sorted(TIMED), ids=name)
def test_deadlines_and_schedules_use_the_settable_clock(file):
    """Decision 23: only leases and timeouts are measured by now()."""
    assert by_real_clock(code(file)) == []


@pytest.mark.parametrize("clock", ["now()", "clock.now", "current_timestamp", "clock_timestamp()"])
def test_the_real_clock_is_recognised(clock):
    assert by_real_clock(f"select 1 where state = 'ready' and least(not_before, expires_at)\n    <= {clock}")
    assert not by_real_clock(f"select 1 where until > {clock} and not_before <= packetboat_now()")


def test_a_replaced_migration_has_its_replacement():
    assert all((PROJECT / "sql" / file).is_file() for pair in REPLACED.items() for file in pair)
