"""Limits for tests."""

from sqlalchemy import text

from pipelines.store.unit_of_work import UnitOfWork

RULE = (
    "insert into sending_limit (client_id, scope, subject, per_second, per_day)"
    " values (:client, :scope, :subject, :per_second, :per_day)"
)


def limit(boat, scope, subject="", *, per_second=None, per_day=None, of_all=False):
    client = None if of_all else boat.business.client_id
    values = {
        "client": client,
        "scope": scope,
        "subject": subject,
        "per_second": per_second,
        "per_day": per_day,
    }
    with UnitOfWork(boat.worker, every_client=True) as uow:
        uow.execute(text(RULE), values)
        uow.commit()


def sms_sender(boat):
    [row] = boat.rows("select id::text from sender where channel = 'sms'")
    return row.id
