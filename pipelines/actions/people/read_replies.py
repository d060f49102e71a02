"""Finds out whose answer each stored reply is and what it means, and does what follows at once (docs/decisions/0032)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

import structlog
from sqlalchemy import Engine, Row

from pipelines.actions.people.promise_answers import promise_answers, promise_forwards
from pipelines.consent.suppression import ALL_CHANNELS, lift_by_person, suppress_many
from pipelines.domain.replies import Kind
from pipelines.domain.suppression import Reason
from pipelines.providers.carriers import carriers
from pipelines.replies.marks import answers_a_forward
from pipelines.replies.normal import normalised
from pipelines.replies.reading import Reading, read
from pipelines.store.deadlocks import untangled
from pipelines.store.faults import code_of, is_of_data
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

BATCH = 200
SOURCE = "reply"
# What holds whoever says it, also the person to whom a client's replies are forwarded, in answer to one of them.
FROM_ANYBODY = (Kind.STOP, Kind.START, Kind.HELP, Kind.AUTOMATIC)
CLOSE_MINUTES = 15  # between the newest messages of two clients from one shared address: either may be meant

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply with its client and message, as far as they are known, and its reading."""

    id: UUID
    outcome: str
    found: Row[Any]
    reading: Reading

    @classmethod
    def of(cls, found: Row[Any]) -> Self:
        """From a row of sql/replies/match."""
        outcome = "ambiguous" if found.ambiguous else "matched" if found.message_id else "unmatched"
        return cls(found.id, outcome, found, _reading(found))

    @property
    def client_id(self) -> UUID | None:
        """Whose it is. None if that is not certain: then no client sees it."""
        return None if self.outcome == "ambiguous" else self.found.client_id

    def columns(self) -> dict[str, Any]:
        """What is recorded, by the names of sql/replies/record."""
        known = self.found._asdict() if self.client_id else {}
        ids = {f"{name}s": known.get(name) for name in ("sender_id", "message_id", "packet_id", "row_no")}
        reading = {"kinds": self.reading.kind, "meant": self.reading.meant, "unsure": self.reading.unsure}
        return {"ids": self.id, "client_ids": self.client_id, "outcomes": self.outcome} | ids | reading


def read_replies(engine: Engine) -> int:
    """Process every open reply, oldest first, each batch in one transaction. Returns how many.

    If one makes its batch fail, each has a transaction of its own; one that fails alone is set aside and tried again later.
    """
    done = 0
    while count := _read_batch(engine):
        done += count
    return done


def _read_batch(engine: Engine) -> int:
    try:
        return _read(engine)
    except Exception as error:
        if not is_of_data(error):
            raise
    with UnitOfWork(engine, every_client=True) as uow:
        ids = [row.id for row in _open(uow)]
    for reply_id in ids:
        try:
            _read(engine, reply_id)
        except Exception as error:
            if not is_of_data(error):
                raise
            _set_aside(engine, reply_id, code_of(error))
    return len(ids)


def _read(engine: Engine, reply_id: UUID | None = None) -> int:
    """Process the next open replies, or this one. They are read in the order in which they came, so their people are suppressed in any order."""

    def work(uow: UnitOfWork) -> list[Answer]:
        rows = _open(uow, reply_id)
        if not rows:
            return []
        answers = _answers(uow, rows)
        _suppress_and_lift(uow, answers, rows)
        uow.execute(sql("replies/record"), _arrays([answer.columns() for answer in answers]))
        known = [answer.id for answer in answers if answer.client_id]
        promise_answers(uow, known)
        promise_forwards(uow, known)
        uow.commit()
        return answers

    answers = untangled(engine, work, every_client=True)
    if answers:
        _report(answers)
    return len(answers)


def _set_aside(engine: Engine, reply_id: UUID, problem: str) -> None:
    """Try it again later. If it wants to stop, that takes effect now, provided that it can be read at all."""
    try:
        _mark(engine, reply_id, problem, suppressing=True)
    except Exception as error:
        if not is_of_data(error):
            raise
        _mark(engine, reply_id, problem, suppressing=False)
    log.error("reply_set_aside", reply_id=str(reply_id), problem=problem)


def _mark(engine: Engine, reply_id: UUID, problem: str, *, suppressing: bool) -> None:
    def work(uow: UnitOfWork) -> None:
        rows = _open(uow, reply_id)
        if suppressing and rows:
            _suppress_and_lift(uow, _answers(uow, rows), rows)
        about = {"id": reply_id, "problem": problem, "suppressed": suppressing}
        uow.execute(sql("replies/set_aside"), about)
        uow.commit()

    untangled(engine, work, every_client=True)


def _open(uow: UnitOfWork, reply_id: UUID | None = None) -> Sequence[Row[Any]]:
    """The next open replies, or this one if it is open, while no other process reads any."""
    uow.execute(sql("replies/alone"))
    return uow.all(sql("replies/open"), {"ids": reply_id and [reply_id], "limit": BATCH})


def _answers(uow: UnitOfWork, rows: Sequence[Row[Any]]) -> list[Answer]:
    ids = {"ids": [row.id for row in rows]}
    return [Answer.of(row) for row in uow.all(sql("replies/match"), ids | {"close_minutes": CLOSE_MINUTES})]


def _suppress_and_lift(uow: UnitOfWork, answers: Sequence[Answer], rows: Sequence[Row[Any]]) -> None:
    """Do what people want, one after the other: START may follow STOP. What took effect when a reply was set aside is not done again."""
    done = {row.id for row in rows if row.suppressed}
    for answer in answers:
        if answer.id not in done:
            _suppress_or_lift(uow, answer)


def _reading(found: Row[Any]) -> Reading:
    named = found.named if isinstance(found.named, Mapping) else None
    automatic = found.automatic or answers_a_forward(found.thread)
    reading = read(found.body, automatic=automatic, subject=found.subject, named=named)
    if reading.kind is Kind.CONFIRM and found.stopped and _undoes_stop(found):
        return Reading(Kind.START)
    if found.from_owner and not found.message_id and reading.kind not in FROM_ANYBODY:
        return Reading(Kind.OTHER)  # to what was forwarded to them: it says nothing about an appointment
    return reading


def _undoes_stop(found: Row[Any]) -> bool:
    """Whether it is a YES that undoes a STOP, because the provider lifts its block then."""
    carrier = carriers().get(found.provider)
    return (
        normalised(found.body) == "yes" and carrier is not None and carrier.yes_lifts_stop(found.own_address)
    )


def _suppress_or_lift(uow: UnitOfWork, answer: Answer) -> None:
    found = answer.found
    channel = ALL_CHANNELS if answer.reading.everything else found.channel
    for client_id in sorted(found.wrote):
        if answer.reading.kind is Kind.STOP:
            written = found.wrote_to.get(str(client_id), found.person)  # another mailbox, if it was forwarded
            suppress_many(uow, client_id, channel, sorted({found.person, written}), Reason.OPTED_OUT, SOURCE)
        elif answer.reading.kind is Kind.START:
            lift_by_person(uow, client_id, found.channel, found.person, SOURCE)


def _arrays(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _report(answers: Sequence[Answer]) -> None:
    unmatched = sum(answer.outcome != "matched" for answer in answers)
    log.info("replies_read", replies=len(answers), unmatched=unmatched)
