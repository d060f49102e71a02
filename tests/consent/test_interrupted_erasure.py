"""An erasure whose process dies: what is left is found, and the next run completes it."""

import pytest
from sqlalchemy import event, text

from pipelines.actions.people.erase import erase_person
from pipelines.consent import erasure
from pipelines.consent.erasure import erase_due
from pipelines.consent.erasure_proof import leftovers
from pipelines.consent.suppression import suppress
from pipelines.domain.suppression import Reason
from tests.consent.test_erasure import bench, erased, files, settle
from tests.steps.assembling import PHONE

__all__ = ["bench", "files"]

ANSWER = """
insert into reply (client_id, provider, unique_key, channel, to_addresses, from_address, body, thread, automatic, raw, kind, outcome)
values (:client, 'twilio', cast(uuidv7() as text), 'sms', '{}', :address, 'Ana here', '{}', false, '{}', 'other', 'unmatched')
"""


class Killed(BaseException):
    pass


def dying_at(engine, words):
    """The next statement with these words kills the process instead."""

    def kill(_connection, _cursor, statement, *_more):
        if words in statement:
            event.remove(engine, "before_cursor_execute", kill)
            raise Killed

    event.listen(engine, "before_cursor_execute", kill)


def answered_and_stopped(bench):
    with bench.uow() as uow:
        uow.execute(text(ANSWER), {"client": bench.business.client_id, "address": PHONE})
        suppress(uow, bench.business.client_id, "sms", PHONE, Reason.OPTED_OUT, "reply")
        uow.commit()


def found(bench, files):
    return {one.place for one in leftovers(bench.engine, files, bench.packet)}


def proofs(bench):
    return bench.select("select kind, rows from packet_erasure where packet_id = :packet")


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("insert into packet_erasure", set()),  # nothing is erased yet
        ("update consent_record", {"reply.from_address", "suppression.address"}),
    ],
)
def test_a_person_is_erased_by_the_second_run(bench, files, words, left):
    settle(bench, 0)
    answered_and_stopped(bench)
    dying_at(bench.engine, words)
    with pytest.raises(Killed):
        erase_person(bench.engine, files, bench.business.client_id, PHONE)
    assert found(bench, files) == left
    erase_person(bench.engine, files, bench.business.client_id, PHONE)
    assert found(bench, files) == set()
    assert proofs(bench) == [("person", 1)], "without it, nothing that comes late is emptied"
    assert bench.select("select address from suppression") == [(None,)]


def in_two_parts(bench, monkeypatch):
    """Both rows are of the same person, and each is erased in a transaction of its own."""
    monkeypatch.setattr(erasure, "CHUNK", 2)
    with bench.uow() as uow:
        both = "update clean_row set phone = :phone where packet_id = :packet"
        uow.execute(text(both), {"phone": PHONE, "packet": bench.packet})
        uow.commit()
    settle(bench, 0)


def test_one_proof_is_about_all_rows_of_a_person(bench, files, monkeypatch):
    in_two_parts(bench, monkeypatch)
    erase_person(bench.engine, files, bench.business.client_id, PHONE)
    assert proofs(bench) == [("person", 2)]


def test_rows_of_a_person_that_are_left_are_erased_and_proven_by_the_second_run(bench, files, monkeypatch):
    in_two_parts(bench, monkeypatch)
    dying_at(bench.engine, "insert into packet_erasure")
    with pytest.raises(Killed):
        erase_person(bench.engine, files, bench.business.client_id, PHONE)
    assert proofs(bench) == []
    assert bench.select("select phone from clean_row where packet_id = :packet") == [(PHONE,)]
    erase_person(bench.engine, files, bench.business.client_id, PHONE)
    assert found(bench, files) == set()
    assert proofs(bench) == [("person", 1)]


def test_a_packet_is_erased_whole_by_the_second_run(bench, files):
    settle(bench, 91)
    answered_and_stopped(bench)
    dying_at(bench.engine, "update suppression")
    with pytest.raises(Killed):
        erase_due(bench.engine, files)
    assert erased(bench)
    assert "suppression.address" in found(bench, files)
    erase_due(bench.engine, files)
    assert found(bench, files) == set()
    assert [kind for kind, _ in proofs(bench)] == ["retention"]
