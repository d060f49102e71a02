"""What people write after they were erased: their STOP holds, and the next run keeps neither their number nor their words."""

import pytest
from sqlalchemy import text

from pipelines.actions.people import read_replies as reading
from pipelines.actions.people.erase import erase_person
from pipelines.actions.people.read_replies import read_replies
from pipelines.consent.erasure import erase_due
from pipelines.consent.erasure_proof import leftovers
from pipelines.store.files import Files
from pipelines.store.unit_of_work import UnitOfWork
from tests.replies.test_matching import boat, other, own_sender, person, reply, worker
from tests.replies.test_stopping import refused
from tests.replying import wrote

__all__ = ["boat", "other", "person", "worker"]


@pytest.fixture
def files(boat):
    return Files(boat.settings)


def wrote_and_erased(boat, files, person):
    packet = wrote(boat, [person])
    assert erase_person(boat.worker, files, boat.business.client_id, person).packets == 1
    return packet


def texts_from(boat, person):
    with UnitOfWork(boat.worker, every_client=True) as uow:
        query = text("select body from reply where from_address = :person order by id")
        return [row.body for row in uow.all(query, {"person": person})]


def test_the_next_run_empties_what_an_erased_person_wrote(boat, other, files, person):
    """The sender is shared, so the answers are nobody's: no erasure of a client finds them."""
    packet = wrote_and_erased(boat, files, person)
    assert reply(boat, "STOP", person).outcome == "unmatched"
    assert reply(boat, "This is Ana", person, raw={"From": person}).outcome == "unmatched"
    places = {one.place for one in leftovers(boat.worker, files, packet)}
    assert places == {"reply.from_address", "reply.raw", "suppression.address"}
    erase_due(boat.worker, files)
    assert leftovers(boat.worker, files, packet) == []
    assert texts_from(boat, person) == []
    assert refused(boat, person) == ["opted_out"]


def test_the_next_run_empties_what_an_erased_person_wrote_to_the_clients_own_number(boat, files, person):
    own_sender(boat, number := f"+1202{int(person[-7:]):07d}")
    packet = wrote_and_erased(boat, files, person)
    assert reply(boat, "STOP", person, number).client_id == boat.business.client_id
    erase_due(boat.worker, files)
    assert leftovers(boat.worker, files, packet) == []
    assert refused(boat, person) == ["opted_out"]


def test_the_answer_of_a_person_that_another_client_still_writes_to_stays(boat, other, files, person):
    """Nobody knows whose it is: both wrote at the same time."""
    wrote(other, [person], ago="5 minutes")
    packet = wrote(boat, [person], ago="10 minutes")
    assert reply(boat, "STOP", person).outcome == "ambiguous"
    erase_person(boat.worker, files, boat.business.client_id, person)
    erase_due(boat.worker, files)
    assert texts_from(boat, person) == ["STOP"]
    assert leftovers(boat.worker, files, packet) == []
    query = "select address from suppression"
    assert (boat.rows(query), other.rows(query)) == ([(None,)], [(person,)])


def test_the_answer_of_a_stranger_stays(boat, other, files, person):
    wrote_and_erased(boat, files, person)
    stranger = f"+1305{int(person[-7:]):07d}"
    reply(boat, "hello", stranger)
    erase_due(boat.worker, files)
    assert texts_from(boat, stranger) == ["hello"]


def damaged(*_about):
    raise ValueError


def change(boat, statement):
    with UnitOfWork(boat.worker, every_client=True) as uow:
        uow.execute(text(statement))
        uow.commit()


def opened(boat):
    """What is not read yet of what nobody has written."""
    with UnitOfWork(boat.worker, every_client=True) as uow:
        return uow.all(text("select from reply where outcome is null and from_address = ''"))


def test_the_next_run_empties_and_closes_an_answer_that_was_set_aside(
    boat, other, files, person, monkeypatch
):
    """Read again without its address, it would be the answer to any message that was erased."""
    packet = wrote_and_erased(boat, files, person)
    monkeypatch.setattr(reading, "promise_answers", damaged)
    assert reply(boat, "STOP", person, raw={"From": person}).outcome is None
    assert {one.place for one in leftovers(boat.worker, files, packet)} >= {"reply.from_address", "reply.raw"}
    erase_due(boat.worker, files)
    assert leftovers(boat.worker, files, packet) == []
    assert refused(boat, person) == ["opted_out"]
    assert opened(boat) == []


def test_a_wish_that_has_no_effect_yet_is_kept_while_it_is_searched_for_and_no_longer(
    boat, other, files, person, monkeypatch
):
    packet = wrote_and_erased(boat, files, person)
    with monkeypatch.context() as patch:
        patch.setattr(reading, "suppress_many", damaged)
        assert reply(boat, "STOP", person).outcome is None
    erase_due(boat.worker, files)
    assert [one.place for one in leftovers(boat.worker, files, packet)] == ["reply.from_address"]
    change(boat, "update reply set next_try_at = now() where outcome is null")
    read_replies(boat.worker)
    assert refused(boat, person) == ["opted_out"]


def test_no_answer_that_cannot_be_read_is_kept_for_ever(boat, files, person, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(reading, "suppress_many", damaged)
        patch.setattr(reading, "promise_answers", damaged)
        wrote(boat, [person])
        assert reply(boat, "STOP", person).outcome is None
    change(boat, "update reply set received_at = now() - interval '91 days' where outcome is null")
    erase_due(boat.worker, files)
    assert texts_from(boat, person) == []
    assert opened(boat) == []
