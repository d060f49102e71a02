"""Dispatch: a lane claims ready messages, calls the provider and records the answers, until nothing is due."""

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, Row
from sqlalchemy.exc import DBAPIError

from pipelines.channels.senders import no_sender
from pipelines.consent.links import Links
from pipelines.domain.campaign import MARKETING_TYPES
from pipelines.domain.sending import Answer, Outgoing
from pipelines.errors import StepFailed, TryLater
from pipelines.events.epoch import hold, is_restored
from pipelines.events.sweep import give_back_unbegun
from pipelines.language import Sentence
from pipelines.providers.carriers import carrier_named
from pipelines.providers.carriers.base import Carrier
from pipelines.states import PREPARE_STEPS, PacketState
from pipelines.steps.dispatch.brake import Brake
from pipelines.steps.dispatch.breaker import OTHER_SENDER, Breaker, Senders
from pipelines.steps.dispatch.claim import MAY_SEND, Claims, Terms, packet_does_not_send
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.steps.dispatch.lane import LaneLoop, Pace
from pipelines.steps.dispatch.late import expire_missed_start
from pipelines.steps.dispatch.record import Recorder, database_is_away
from pipelines.steps.dispatch.send import Callers
from pipelines.steps.dispatch.sigterm import StopFlag, stop_on_sigterm
from pipelines.steps.dispatch.tally import Tally
from pipelines.steps.dispatch.turn import TURN_OVER, Turn, comes_back
from pipelines.steps.dispatch.wait import PAUSED, Wait, Waits
from pipelines.steps.journal import StepContext, StepResult
from pipelines.store.sqlfile import sql


def run(context: StepContext) -> StepResult:
    """Send the packet's ready messages on the lane's channel, from the first sender that no breaker holds back.

    Also succeeds when the messages left are due later or the provider is in trouble: then it records until when the channel waits. A lane of
    a paused packet succeeds at once, and one whose turn is over asks to be started again. Raises TryLater when the database is away or the
    process gets SIGTERM, StepFailed when the packet was stopped or the client has no sender for the channel. In every case, each answer that
    came in is recorded, or left to the sweep as unknown.
    """
    if context.lane is None:
        raise ValueError("dispatch runs in a lane")
    engine = context.uow.engine
    examine = partial(_hold_if_restored, engine, context.settings.home)
    try:
        with (
            LaneDatabase(engine, context.packet.client_id, examine) as database,
            stop_on_sigterm() as stop,
        ):
            if waiting := _open(database, context.packet.id):
                return StepResult(0, 0, 0, note=waiting)
            expire_missed_start(database, context.packet, context.lane.channel)
            return _send(context, database, context.lane.channel, stop)
    except DBAPIError as error:
        if not database_is_away(error):
            raise
        raise TryLater("database_away") from None


def _send(context: StepContext, database: LaneDatabase, channel: str, stop: StopFlag) -> StepResult:
    packet, tally = context.packet, Tally()
    waits = Waits(database, packet.client_id, packet.id, channel)
    wait = _send_from_senders(context, database, channel, stop, tally)
    note = tally.note
    if wait is not None and wait.code == TURN_OVER:
        note = Sentence("turn_over", {"done": note})
        return StepResult(tally.claimed, tally.accepted, 0, note=note, again=comes_back())
    if wait is None:
        waits.end()
    else:
        note = Sentence("several", {"sentences": [note, waits.note(wait, packet.time_zone)]})
    return StepResult(tally.claimed, tally.accepted, 0, note=note)


def _send_from_senders(
    context: StepContext, database: LaneDatabase, channel: str, stop: StopFlag, tally: Tally
) -> Wait | None:
    """Send from one sender after the other, until nothing is left or every sender has to wait."""
    senders = Senders(database, context.packet.client_id, channel)
    while True:
        sender = senders.choose()
        if sender is None:
            raise StepFailed(no_sender([channel], context.packet.client_slug))
        with closing(carrier_named(sender.provider, context.settings, context.secrets)) as carrier:
            loop = _loop(context, database, senders, sender, carrier, stop, tally)
            wait = loop.run()
        if wait is None or wait.code in {"due_later", PAUSED, TURN_OVER}:
            return wait
        if wait.code != OTHER_SENDER and not senders.has_other(sender.id):
            return wait


def _hold_if_restored(engine: Engine, home: Path, connection: Connection) -> None:
    """Put everything on hold before this lane claims from a database that was restored while it ran, or since the last start."""
    if is_restored(connection, home):
        hold(engine)


def _open(database: LaneDatabase, packet_id: UUID) -> Sentence | None:
    """Move the packet to sending. Returns why it waits, paused or for credit. Raises StepFailed when it must not be sent."""
    packet = {"packet_id": packet_id}
    *_, [opened] = database.together(
        [
            (sql("steps/packet/lock"), packet),
            (sql("steps/dispatch/open"), packet | {"prepare_steps": list(PREPARE_STEPS)}),
            (sql("steps/dispatch/forget_totals"), packet),
            (sql("steps/packet/problem"), packet),
        ]
    )
    problem = Sentence.read(opened.problem_code, opened.problem_params)
    if opened.paused:
        return Sentence("lane_paused")
    if opened.state == PacketState.AWAITING_CREDIT:
        return problem
    if opened.state not in MAY_SEND:
        raise packet_does_not_send(opened.state, problem)
    return None


def _links(context: StepContext, channel: str) -> Links | None:
    """What makes the unsubscribe links of the messages; None for messages that a person asked for, such as reminders."""
    if context.packet.campaign.get("type") not in MARKETING_TYPES:
        return None
    return Links(context.settings.callback_base, context.secrets, context.packet.client_id, channel)


def _loop(
    context: StepContext,
    database: LaneDatabase,
    senders: Senders,
    sender: Row[Any],
    carrier: Carrier,
    stop: StopFlag,
    tally: Tally,
) -> LaneLoop:
    settings, pace, owner = context.settings, Pace.of(carrier.batch_size), uuid4()
    terms = Terms(
        client_id=context.packet.client_id,
        packet_id=context.packet.id,
        channel=sender.channel,
        provider=carrier.name,
        sender_id=sender.id,
        owner=owner,
        per_group=pace.group,
        per_call=carrier.batch_size,
        lease_seconds=pace.lease_seconds(settings.call_timeout),
    )
    callback_url = f"{settings.callback_base}/hooks/{carrier.name}"
    links = _links(context, sender.channel)

    def send(messages: list[Outgoing]) -> Answer:
        messages = links.added_to(messages) if links else messages
        return carrier.send(
            messages, channel=sender.channel, sender=sender.address, callback_url=callback_url
        )

    brake = Brake(batch_size=carrier.batch_size, max_unknown=pace.max_unknown, setbacks=sender.setbacks)
    breaker = Breaker(database, senders, sender, owner, pace.wait_here)
    breaker.slow_down(brake)
    callers = Callers(send, threads=pace.threads, call_timeout=settings.call_timeout, brake=brake)
    recorder = Recorder(database, terms.packet_id, owner, carrier.opt_out_codes)
    give_back = partial(give_back_unbegun, context.uow.engine, terms.packet_id)
    claims = Claims(database, terms)
    turn = Turn(database, terms.packet_id)
    return LaneLoop(
        pace, claims, callers, brake, breaker, recorder, context.progress, stop, give_back, turn, tally
    )
