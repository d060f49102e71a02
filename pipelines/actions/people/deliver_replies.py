"""Keeps the outbox's promises about replies: answers STOP, START and HELP, and forwards replies to their clients."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine, Row

from pipelines.actions.people.forward import NO_ANSWER, forward
from pipelines.actions.people.promise_answers import ANSWER, FORWARD
from pipelines.actions.time_budget import TimeBudget
from pipelines.billing.prices import Prices
from pipelines.billing.wallet import book
from pipelines.domain.sending import Answer, Outgoing, Verdict
from pipelines.errors import SettingsError
from pipelines.events.epoch import is_restored
from pipelines.language import Sentence, language_for, say
from pipelines.providers.carriers import carrier_named
from pipelines.settings import Settings
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

MAX_TRIES = 20  # then a promise is given up: about an hour and a half
AT_ONCE = 200  # promises per call of an errand

log = structlog.get_logger()

Deliver = Callable[[Row[Any]], Answer]


def deliver_replies(engine: Engine, settings: Settings, secrets: Mapping[str, str]) -> int:
    """Send the answers and forward the replies that are promised and due. Returns how many were delivered.

    What may have been delivered already, because its outcome is unknown or was never recorded, is not repeated: it arrives at most once.
    Only a webhook is called again, with the same id. Nothing is delivered while the platform is on hold, or from a restored database.
    """
    with engine.connect() as connection:
        if is_restored(connection, settings.home):
            return 0

    def answered(reply: Row[Any]) -> Answer:
        return send_answer(settings, secrets, reply)

    def forwarded(reply: Row[Any]) -> Answer:
        return forward(settings, secrets, reply)

    return _deliver(engine, ANSWER, answered) + _deliver(engine, FORWARD, forwarded)


def send_answer(settings: Settings, secrets: Mapping[str, str], reply: Row[Any]) -> Answer:
    """Answer the person, from the sender that they wrote to, in the language of the message."""
    language = language_for(reply.language)
    contact = Sentence("reply_answer_contact", {"contact": reply.contact}) if reply.contact else ""
    body = say(Sentence(f"reply_answer_{reply.kind}", {"client": reply.client, "contact": contact}), language)
    subject = say(Sentence("reply_answer_subject", {"client": reply.client}), language)
    mail = Outgoing(reply.id, reply.from_address, body.strip(), subject, headers=AUTOMATIC)
    carrier = carrier_named(reply.provider, settings, secrets)
    try:
        return carrier.send([mail], channel=reply.channel, sender=reply.sender, callback_url=None)
    finally:
        carrier.close()


AUTOMATIC = {"Auto-Submitted": "auto-replied"}  # RFC 3834: no machine answers it


def _deliver(engine: Engine, kind: str, deliver: Deliver) -> int:
    delivered, budget = 0, TimeBudget(share=0.5)
    for _ in range(AT_ONCE):
        if budget.spent:
            break
        with UnitOfWork(engine, every_client=True) as uow:
            promise = uow.execute(sql("replies/claim"), {"kind": kind}).one_or_none()
            reply = promise and uow.execute(sql("replies/promised"), {"id": promise.reply_id}).one_or_none()
            uow.commit()
        if promise is None:
            break
        delivered += _record(engine, promise, kind, reply, _answer(promise, reply, kind, deliver))
    return delivered


def _answer(promise: Row[Any], reply: Row[Any] | None, kind: str, deliver: Deliver) -> Answer:
    if reply is None:
        return Answer(Verdict.REFUSED, error_code="erased")
    may_repeat = kind == FORWARD and reply.forward_by == "webhook"
    if promise.in_doubt and not may_repeat:
        return Answer(Verdict.UNKNOWN, error_code="no_outcome")
    try:
        return deliver(reply)
    except SettingsError as error:  # nothing was sent
        return Answer(Verdict.PROVIDER_DOWN, error_code=error.code)


def _record(engine: Engine, promise: Row[Any], kind: str, reply: Row[Any] | None, answer: Answer) -> bool:
    """Record the outcome of one delivery; returns whether it was delivered."""
    taken = answer.verdict is Verdict.ACCEPTED
    code = None if taken else answer.error_code or answer.verdict.value
    again = answer.verdict in {Verdict.RETRY, Verdict.PROVIDER_DOWN, Verdict.SENDER_REFUSED}
    waits = again and promise.tries < MAX_TRIES
    with UnitOfWork(engine, every_client=True) as uow:
        if answer.provider_ref:
            uow.execute(sql("billing/lists/own_message"), {"provider_ref": answer.provider_ref})
        statement = "actions/outbox_failed" if waits else "replies/closed"
        uow.execute(sql(statement), {"id": promise.id, "error": code})
        if kind == FORWARD and not waits:
            _forwarded(uow, promise.reply_id, reply if taken else None)
        if code == NO_ANSWER:
            uow.execute(sql("replies/delay_client"), {"id": promise.id})
        uow.commit()
    if not taken:
        log.warning("reply_not_delivered", kind=kind, reply_id=str(promise.reply_id), code=code, again=waits)
    return taken


def _forwarded(uow: UnitOfWork, reply_id: UUID, delivered: Row[Any] | None) -> None:
    """Record that a reply was forwarded, and charge its client what that costs today; None if it could not be forwarded."""
    prices = Prices.today(uow, delivered.client_id) if delivered else None
    minor = prices.forwards.get(delivered.forward_by, 0) if delivered and prices else 0
    facts = {
        "forwarding": "delivered" if delivered else "failed",
        "fee_minor": minor,
        "fee_currency": prices.currency if minor and prices else None,
    }
    uow.execute(sql("replies/forwarded"), {"id": reply_id, **facts})
    if delivered and prices and minor:
        book(
            uow, delivered.client_id, "forward", f"forward:{reply_id}", prices.currency,
            packet_id=delivered.packet_id, spent_minor=minor, note=delivered.forward_by,
        )  # fmt: skip
