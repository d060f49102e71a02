"""Notifies people by e-mail that their password was changed, and clients of alarms, as the outbox has promised.

Unlike a client's message, a notice with an unknown outcome is sent once more: a second warning does less harm than none.
"""

from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine, Row

from pipelines.actions.time_budget import TimeBudget
from pipelines.domain.sending import Answer, Outgoing, Verdict
from pipelines.language import Sentence, language_for, say
from pipelines.language.zoned import zoned
from pipelines.providers.carriers import carrier_named
from pipelines.settings import Settings
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Notices:
    """How many notices were sent, will be tried again, and are given up."""

    sent: int = 0
    waiting: int = 0
    given_up: int = 0


def send_notices(engine: Engine, settings: Settings, secrets: Mapping[str, str]) -> Notices:
    """Send the notices that are promised and due, one by one. Stops at the first that has to wait, since the provider may be away.

    Raises SettingsError when the provider for our own e-mails is unknown or lacks credentials.
    """
    outcomes: Counter[str] = Counter()
    budget = TimeBudget()
    with closing(carrier_named(settings.mail_provider, settings, secrets)) as carrier:
        while not outcomes["waiting"] and not budget.spent and (promise := _claim(engine)) is not None:
            mail = notice(promise)
            answer = carrier.send([mail], channel="email", sender=settings.mail_sender, callback_url=None)
            outcomes[_record(engine, promise.id, answer, last_try=promise.last_try)] += 1
    return Notices(**outcomes)


def notice(promise: Row[Any]) -> Outgoing:
    """The e-mail, in the language and time zone of the person's client; for staff in English and UTC."""
    payload = promise.payload
    subject, body = (
        _password_changed(payload) if promise.kind == "password_changed" else _client_alarm(payload)
    )
    language = language_for(payload["language"])
    return Outgoing(promise.id, payload["address"], say(body, language), say(subject, language))


def _password_changed(payload: Mapping[str, Any]) -> tuple[Sentence, Sentence]:
    at = zoned(datetime.fromisoformat(payload["changed_at"]), payload["time_zone"])
    return Sentence("password_changed_subject"), Sentence("password_changed_body", {"at": at})


def _client_alarm(payload: Mapping[str, Any]) -> tuple[Sentence, Sentence]:
    code = payload["code"]
    words = {
        "alarm": Sentence.from_json(f"alarm_{code}", payload["params"]),
        "advice": Sentence(f"alarm_advice_{code}"),
    }
    return Sentence(f"alarm_subject_{code}", {"client": payload["client"]}), Sentence(
        "client_alarm_body", words
    )


def _claim(engine: Engine) -> Row[Any] | None:
    with UnitOfWork(engine, every_client=True) as uow:
        promise = uow.execute(sql("actions/claim_notice")).one_or_none()
        uow.commit()
    return promise


def _record(engine: Engine, notice_id: UUID, answer: Answer, *, last_try: bool) -> str:
    """Record the outcome of one e-mail and return it: sent, waiting or given_up."""
    outcome, statement, error = _meaning(answer, last_try=last_try)
    if statement is not None:
        with UnitOfWork(engine, every_client=True) as uow:
            if answer.provider_ref:
                uow.execute(sql("billing/lists/own_message"), {"provider_ref": answer.provider_ref})
            uow.execute(sql(statement), {"id": notice_id, "error": error})
            uow.commit()
    if outcome != "sent":
        log.warning("notice_not_sent", notice_id=str(notice_id), outcome=outcome, code=error)
    return outcome


def _meaning(answer: Answer, *, last_try: bool) -> tuple[str, str | None, str | None]:
    """The outcome, the statement that records it, and the code to record. Without a statement the claim's mark stays: no answer."""
    code = answer.error_code or answer.verdict.value
    match answer.verdict:
        case Verdict.ACCEPTED:
            return "sent", "actions/notice_closed", None
        case Verdict.UNKNOWN if not last_try:
            return "waiting", None, code
        case Verdict.RETRY | Verdict.PROVIDER_DOWN | Verdict.SENDER_REFUSED:
            return "waiting", "actions/outbox_failed", code
        case _:
            return "given_up", "actions/notice_closed", code
