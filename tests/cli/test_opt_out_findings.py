"""`packetboat doctor` names opt-outs that no message matches."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines.actions.people.read_replies import read_replies
from pipelines.cli import sending_findings
from pipelines.cli.finding import Finding
from pipelines.domain.replies import InboundReply
from pipelines.domain.sending import ProviderEvent
from pipelines.events.inbox import store
from pipelines.replies.inbox import store as store_replies
from pipelines.store.unit_of_work import UnitOfWork

REMEDY = "Find their addresses in the tables event_inbox and reply, look in the messages for the clients that wrote to them, and suppress them with `packetboat suppress add`."


@pytest.fixture
def arrive(boat):
    """Store events that match nothing and came some minutes ago."""
    worker, provider = boat.engine("worker"), f"post-{uuid4().hex}"

    def arrive(minutes, count=1, opt_out="unsubscribed"):
        events = [ProviderEvent(provider, uuid4().hex, None, 0, opt_out=opt_out) for _ in range(count)]
        store(worker, events, {})
        with UnitOfWork(worker, every_client=True) as uow:
            uow.execute(
                text(
                    "update event_inbox set received_at = now() - make_interval(mins => :minutes) where provider = :provider"
                ),
                {"minutes": minutes, "provider": provider},
            )
            uow.commit()
        return [
            finding for finding in sending_findings.opt_outs(boat) if provider in finding.sentence
        ], provider

    return arrive


def test_an_opt_out_that_matches_nothing_is_named(arrive):
    found, provider = arrive(20)
    sentence = (
        f"1 opt-out or complaint from {provider} matches no message, so nobody was suppressed. {REMEDY}"
    )
    assert found == [Finding("opt-outs", "wrong", sentence)]


def test_several_are_counted(arrive):
    ((finding,), provider) = arrive(20, count=2)
    assert finding.sentence.startswith(f"2 opt-outs or complaints from {provider} match no message")


def test_one_that_may_still_be_matched_is_not_named(arrive):
    assert arrive(5)[0] == []


def test_an_event_that_is_no_opt_out_is_not_named(arrive):
    assert arrive(20, opt_out=None)[0] == []


@pytest.mark.parametrize(("words", "named"), [("STOP", True), ("hello", False)])
def test_a_wish_to_stop_that_stopped_nobody_is_named(boat, words, named):
    worker, provider = boat.engine("worker"), f"post-{uuid4().hex}"
    store_replies(
        worker, [InboundReply(provider, uuid4().hex, "sms", ("+19995550100",), "+12125550188", words)]
    )
    read_replies(worker)
    found = [one.sentence for one in sending_findings.opt_outs(boat) if provider in one.sentence]
    assert len(found) == named
