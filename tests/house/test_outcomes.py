"""The outcomes of a row are listed once, in pipelines/states.py; any other list of them is complete."""

import re

import pytest

from pipelines.settings import PROJECT
from pipelines.states import OUTCOME_OF, STRONGEST_FIRST, MessageState, Outcome, row_outcome
from pipelines.tables.packets import PacketTotal

LISTED = re.compile(r"(\b(?:sent|failed|suppressed|expired|cancelled|waiting)\b(?:\W+(?:\w+\.)?|$)){4}")


def test_every_state_of_a_message_is_an_outcome_and_every_outcome_but_held_has_a_rank():
    assert OUTCOME_OF.keys() == set(MessageState)
    assert [*STRONGEST_FIRST, Outcome.HELD] == sorted(Outcome, key=[*STRONGEST_FIRST, Outcome.HELD].index)


def test_the_table_has_a_column_for_each():
    bookkeeping = {
        "packet_id",
        "client_id",
        "rows_in",
        "updated_at",
        "late",
    }  # a late row has another outcome, too
    assert [
        column.name for column in PacketTotal.__table__.columns if column.name not in bookkeeping
    ] == list(Outcome)


def lists_outcomes(source):
    return bool(LISTED.search(re.sub(r"--.*", "", source).lower()))


def test_they_are_listed_nowhere_else():
    """Neither as columns nor as words: a second list would miss the next outcome."""
    files = [*(PROJECT / "pipelines").rglob("*.py"), *(PROJECT / "sql").rglob("*.sql")]
    allowed = {"states.py", "0001_tables.sql"} | {"packets.py"}  # a table lists its columns
    assert [
        file.name for file in files if file.name not in allowed and lists_outcomes(file.read_text())
    ] == []


def test_a_list_is_recognised():
    assert lists_outcomes("count(*) as suppressed, total.expired, cancelled, waiting")
    assert not lists_outcomes("{counts}, -- sent, failed, expired, cancelled, waiting")


def test_a_row_counts_by_its_strongest_message():
    assert row_outcome([MessageState.FAILED, MessageState.DELIVERED]) is Outcome.SENT
    assert row_outcome([MessageState.DELIVERED, MessageState.UNKNOWN]) is Outcome.WAITING
    with pytest.raises(ValueError, match="empty"):
        row_outcome([])
