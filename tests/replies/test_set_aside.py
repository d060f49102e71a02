"""A reply that cannot be processed holds no other, and is not lost; a wish to stop in it takes effect at once."""

from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from pipelines.actions.people import read_replies as module
from pipelines.actions.people.read_replies import read_replies
from pipelines.domain.replies import InboundReply
from pipelines.replies.inbox import store
from pipelines.store.unit_of_work import UnitOfWork
from tests.replies.test_matching import boat, worker
from tests.replies.test_stopping import refused
from tests.replying import SMS_SENDER, wrote

__all__ = ["boat", "worker"]


def rows(boat, query, **parameters):
    """A reply that is not processed belongs to no client."""
    with UnitOfWork(boat.worker, every_client=True) as uow:
        return uow.all(text(query), parameters)


def change(boat, statement):
    with UnitOfWork(boat.worker, every_client=True) as uow:
        uow.execute(text(statement))
        uow.commit()


def say(boat, person, words="STOP"):
    assert store(boat.worker, [InboundReply("twilio", uuid4().hex, "sms", (SMS_SENDER,), person, words)]) == 1


@pytest.fixture
def people(boat):
    """Two people who answer STOP, one after the other."""
    found = [f"+1212{uuid4().int % 10_000_000:07d}" for _ in range(2)]
    wrote(boat, found)
    for person in found:
        say(boat, person)
    yield found
    change(boat, "update reply set outcome = 'unmatched' where outcome is null")


@pytest.fixture
def damage(boat, people, monkeypatch):
    """Make a part of the processing fail for the first person, as if something stored about that answer were damaged; returns a repair."""
    ((damaged,),) = rows(boat, "select id from reply where from_address = :person", person=people[0])

    def damage(name):
        real = getattr(module, name)

        def failing(uow, *about):
            if damaged in about[0] if name == "promise_answers" else people[0] in about[2]:
                raise ValueError(people[0])
            return real(uow, *about)

        monkeypatch.setattr(module, name, failing)
        return lambda: monkeypatch.setattr(module, name, real)

    return damage


def kept(boat, person):
    """What is stored about the person's first answer."""
    query = "select outcome, problem, tries, suppressed from reply where from_address = :person order by id limit 1"
    (row,) = rows(boat, query, person=person)
    return tuple(row)


def try_again(boat):
    change(boat, "update reply set next_try_at = now() where next_try_at is not null and outcome is null")
    read_replies(boat.worker)


def test_the_others_are_read_and_everybody_who_wants_to_stop_is_suppressed(boat, people, damage):
    repair = damage("promise_answers")
    read_replies(boat.worker)
    assert kept(boat, people[1])[0] == "matched"
    assert kept(boat, people[0]) == (None, "ValueError", 1, True)
    assert [refused(boat, person) for person in people] == [["opted_out"], ["opted_out"]]
    read_replies(boat.worker)
    assert kept(boat, people[0])[2] == 1, "it is not due"
    try_again(boat)
    assert kept(boat, people[0])[2] == 2
    repair()
    try_again(boat)
    assert kept(boat, people[0])[0] == "matched"


def test_a_start_in_the_meantime_is_kept(boat, people, damage):
    repair = damage("promise_answers")
    read_replies(boat.worker)
    say(boat, people[0], "START")
    read_replies(boat.worker)
    repair()
    try_again(boat)
    assert kept(boat, people[0])[0] == "matched"
    assert refused(boat, people[0]) == []


def test_one_that_cannot_even_be_suppressed_is_kept_and_suppressed_later(boat, people, damage):
    repair = damage("suppress_many")
    read_replies(boat.worker)
    assert kept(boat, people[0]) == (None, "ValueError", 1, False)
    assert [refused(boat, person) for person in people] == [[], ["opted_out"]]
    repair()
    try_again(boat)
    assert refused(boat, people[0]) == ["opted_out"]


def test_a_deadlock_that_is_lost_once_delays_nobody(boat, people, monkeypatch):
    """Events and lists suppress people in another order than that of their answers."""
    real, lost = module.promise_answers, []

    def losing(*about):
        if not lost:
            lost.append(about)
            raise OperationalError("insert", {}, psycopg.errors.DeadlockDetected())
        real(*about)

    monkeypatch.setattr(module, "promise_answers", losing)
    read_replies(boat.worker)
    assert [kept(boat, person)[0] for person in people] == ["matched", "matched"]
