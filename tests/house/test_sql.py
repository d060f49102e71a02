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


@pytest.mark.parametrize("file", STATEMENTS, ids=lambda file: str(file.relative_to(PROJECT)))
def test_deadlines_and_schedules_use_the_settable_clock(file):
    """Decision 23: only leases and timeouts are measured by now()."""
    for line in code(file).splitlines():
        if re.search(r"\b(expires_at|not_before)\b", line):
            assert not re.search(r"\bnow\(\)", line), line
