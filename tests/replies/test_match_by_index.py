"""An answer finds its message by an index, however many messages there are: a STOP must not wait for a scan of them all."""

from uuid import uuid4

from sqlalchemy import text

from pipelines.domain.replies import InboundReply
from pipelines.replies.inbox import store
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from tests.replying import SMS_SENDER, wrote
from tests.sending import boat_for, phones


def rows_read(plan):
    """How many messages and attempts the scans of a plan read."""
    own = 0
    if plan.get("Relation Name", "").startswith(("message", "attempt")):
        own = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    return own + sum(map(rows_read, plan.get("Plans", ())))


def test_no_answer_reads_other_peoples_messages(database, business, tmp_path):
    boat = boat_for(database.engine("worker"), business, tmp_path, "http://127.0.0.1:9")
    people = phones(20_000, 2_000_000)
    wrote(boat, people)
    with database.engine("owner").connect().execution_options(isolation_level="AUTOCOMMIT") as owner:
        owner.execute(text("analyze message"))
    store(boat.worker, [InboundReply("twilio", uuid4().hex, "sms", (SMS_SENDER,), people[7], "STOP")])
    with UnitOfWork(boat.worker, every_client=True) as uow:
        replies = {"ids": [uow.scalar(text("select max(id::text)::uuid from reply"))], "close_minutes": 10}
        [plan] = uow.scalar(text(f"explain (analyze, format json) {sql('replies/match')}"), replies)
    assert rows_read(plan["Plan"]) < 20
