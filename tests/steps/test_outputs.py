"""A rerun of a prepare step replaces messages that no provider was asked to send, and leaves all others as they are."""

from uuid import uuid4

import pytest

from pipelines.actions.packets.rerun_step import preview
from pipelines.domain.sending import Answer, Verdict
from pipelines.language import say
from pipelines.steps.dispatch.claim import Claims, Terms
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.steps.dispatch.record import Recorder
from pipelines.steps.dispatch.send import Sent
from tests.steps.assembling import ANA, bench

__all__ = ["bench"]

BUSY = Answer(Verdict.RETRY, http_status=429, retry_after=0.0)


@pytest.fixture
def prepared(bench):
    """Two messages that are ready; their packet is sending."""
    bench.rows(ANA, ANA | {"phone": "+12125550102"})
    bench.run()
    change(bench, "update data_packet set state = 'sending'")
    return bench


def change(bench, statement):
    with bench.uow() as uow:
        uow.connection.exec_driver_sql(statement)
        uow.commit()


def tries(bench):
    return bench.select("select id, state, attempt_no from message where packet_id = :packet order by id")


def answered(bench, answer):
    """Let a lane claim what is ready, and record this answer to each of its calls. Returns how many messages it claimed."""
    (sender,) = bench.select("select id from sender where channel = 'sms'")
    client = bench.business.client_id
    terms = Terms(client, bench.packet, "sms", "twilio", sender.id, uuid4(), 50, 1, 60.0)
    with LaneDatabase(bench.engine, client) as database:
        recorder = Recorder(database, bench.packet, terms.owner, frozenset())
        begun = recorder.exchange([], Claims(database, terms).next_calls()).begun
        recorder.exchange([Sent(call, answer) for call in begun], [])
        return sum(len(call.messages) for call in begun)


@pytest.mark.parametrize("state", ["expired", "suppressed"])
def test_what_a_provider_was_asked_to_send_is_never_written_again(prepared, database, state):
    assert answered(prepared, BUSY) == 2
    change(prepared, f"update message set state = '{state}'")
    before = tries(prepared)
    assert [one.attempt_no for one in before] == [1, 1]
    shown = preview(database.engine("app"), None, prepared.packet, "assemble")
    assert "have been given to a provider" in say(shown.sentences[0])
    change(prepared, "update clean_row set phone = '+12125550103'")
    assert "Nothing was changed" in say(prepared.run().note)
    assert tries(prepared) == before
    assert answered(prepared, BUSY) == 0, "a lane claims nothing, and nothing is wedged"


def test_what_expired_before_any_attempt_is_written_again_and_can_be_claimed(prepared, database):
    change(prepared, "update message set state = 'expired'")
    assert "will be prepared again" in say(
        preview(database.engine("app"), None, prepared.packet, "assemble").sentences[0]
    )
    prepared.run()
    change(prepared, "update data_packet set state = 'sending'")
    assert [one.state for one in tries(prepared)] == ["ready", "ready"]
    assert answered(prepared, BUSY) == 2
