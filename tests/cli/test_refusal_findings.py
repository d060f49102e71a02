"""`packetboat doctor` tells what the hooks refused, and which events contradict what we know."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines.cli import sending_findings
from pipelines.cli.finding import Finding
from pipelines.domain.sending import ProviderEvent
from pipelines.events.inbox import store
from pipelines.replies.refusals import Refusals
from pipelines.store.unit_of_work import UnitOfWork


@pytest.mark.parametrize(
    ("reason", "finding"),
    [
        (
            "cut_off",
            Finding("hooks", "note", "1 callback of {provider} in the last 7 days was not taken: cut off."),
        ),
        (
            "contradicting",
            Finding(
                "events",
                "wrong",
                "1 callback of {provider} in the last 7 days named one message by our id and another by its own. "
                "They are kept in the table event_inbox (outcome contradicting).",
            ),
        ),
    ],
)
def test_what_was_refused_is_told_for_a_week(boat, reason, finding):
    provider = f"post-{uuid4().hex}"
    Refusals(boat.engine("app")).count(provider, reason)

    def told():
        return [found for found in sending_findings.refused(boat) if provider in found.sentence]

    expected = Finding(finding.matter, finding.state, finding.sentence.format(provider=provider))
    assert told() == [expected]
    with UnitOfWork(boat.engine("worker"), every_client=True) as uow:
        uow.execute(text("update hook_refusal set day = day - 8 where provider = :name"), {"name": provider})
        uow.commit()
    assert told() == []


def test_an_opt_out_that_contradicts_is_named_as_one_that_suppressed_nobody(boat):
    worker, provider = boat.engine("worker"), f"post-{uuid4().hex}"
    store(worker, [ProviderEvent(provider, uuid4().hex, None, 0, opt_out="unsubscribed")], {})
    with UnitOfWork(worker, every_client=True) as uow:
        uow.execute(
            text("update event_inbox set outcome = 'contradicting' where provider = :name"),
            {"name": provider},
        )
        uow.commit()
    assert [one.state for one in sending_findings.opt_outs(boat) if provider in one.sentence] == ["wrong"]
