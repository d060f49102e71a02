"""Accepts a data packet: receives it in full, inspects it, and saves it with the promise of its run, or refuses it with one sentence."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import IO, Any
from uuid import UUID

import structlog
from sqlalchemy import Engine, Row
from sqlalchemy.exc import DBAPIError, OperationalError

from pipelines.actions.packets.receive_file import ReceivedFile, receive
from pipelines.channels.senders import no_sender
from pipelines.domain.campaign import Campaign
from pipelines.domain.mapping import missing_fields
from pipelines.errors import NoRoom, NotFound, PacketRefused
from pipelines.events.pauses import Subject, begin_pause
from pipelines.feeds import FIRST_FEED, load_maps
from pipelines.language import Sentence
from pipelines.language.zoned import zoned
from pipelines.reading import EncodingUnsure, Hints, Reading, open_rows
from pipelines.reading.code_pages import canonical_name
from pipelines.schedule.start import missed_start
from pipelines.settings import Settings
from pipelines.states import PacketState
from pipelines.store.files import Files
from pipelines.store.room import is_full
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

SAMPLE_ROWS = 200
NAME_LENGTH = 255

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Submission:
    """Who submits which file for which campaign. `source` is portal, cli or api; `digest` the submitter's own MD5 or SHA-256, if any.

    `again` allows a file that was sent before. `encoding` is the one that a person chose; the feed remembers it for its next files. With
    `paused` the packet is prepared, and waits for a person before anything is sent.
    """

    client_id: UUID
    campaign_id: UUID
    file_name: str
    source: str
    submitted_by: str
    feed: str = FIRST_FEED
    digest: str | None = None
    again: bool = False
    encoding: str | None = None
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """The proof that a packet is accepted: its run will start, even if this process dies now."""

    packet_id: UUID
    run_id: str
    sha256: str
    md5: str
    bytes: int


class SubmissionRefused(PacketRefused):
    """`packet_id` is the refused packet; None when nothing was kept of the submission.

    `readings` are the possible readings of the file, from which a person has to choose. They contain values of it: never log them.
    """

    def __init__(
        self, sentence: Sentence, *, packet_id: UUID | None, readings: tuple[Reading, ...] = ()
    ) -> None:
        super().__init__(sentence)
        self.packet_id = packet_id
        self.readings = readings


def accept_packet(engine: Engine, settings: Settings, submission: Submission, stream: IO[bytes]) -> Receipt:
    """Take in a file as a data packet of a campaign.

    Raises NotFound when the client has no such campaign, NoRoom when a disk is full, and SubmissionRefused with one sentence: file too large
    or incomplete (nothing is kept of it), client or campaign not active, no sender for a channel of the campaign, file unreadable or empty,
    its encoding uncertain, a required column missing, or the file sent before.
    """
    encoding = _encoding(submission)
    target = _target(engine, submission)
    try:
        with receive(stream, settings) as file:
            file.check(submission.digest)
            with _deleted_on_failure(engine, settings, file):
                return _keep(engine, settings, replace(submission, encoding=encoding), target, file)
    except SubmissionRefused:
        raise
    except PacketRefused as refused:
        raise SubmissionRefused(refused.sentence, packet_id=None) from None
    except OperationalError as error:
        if is_full(error):
            raise NoRoom from None
        raise


@contextmanager
def _deleted_on_failure(engine: Engine, settings: Settings, file: ReceivedFile) -> Iterator[None]:
    """If the block fails, delete its file, unless another packet has the same bytes."""
    try:
        yield
    except (DBAPIError, OSError):
        with suppress(DBAPIError):
            Files(settings).delete_unless_needed(engine, file.sha256)
        raise


def _encoding(submission: Submission) -> str | None:
    """Our name for the encoding that the submitter chose."""
    if not submission.encoding:
        return None
    name = canonical_name(submission.encoding)
    if name is None:
        raise SubmissionRefused(Sentence("encoding_unknown"), packet_id=None)
    return name


def _target(engine: Engine, submission: Submission) -> Row[Any]:
    with UnitOfWork(engine, submission.client_id) as uow:
        target = uow.execute(
            sql("actions/campaign_for_packet"),
            {
                "client_id": submission.client_id,
                "campaign_id": submission.campaign_id,
                "feed": submission.feed,
            },
        ).one_or_none()
    if target is None:
        raise NotFound("no_such_campaign")
    if target.client_state != "active":
        raise SubmissionRefused(Sentence("client_not_active"), packet_id=None)
    _refuse_inactive(target.campaign_name, target.campaign_state)
    _refuse_without_sender(target)
    schedule = Campaign.from_json(target.details).schedule
    if sentence := missed_start(schedule, target.time_zone):
        raise SubmissionRefused(sentence, packet_id=None)
    return target


def _refuse_inactive(campaign: str, state: str) -> None:
    """A campaign that is paused takes packets in, and they wait; one that is cancelled or a draft takes none."""
    if state == "cancelled":
        raise SubmissionRefused(Sentence("campaign_cancelled", {"campaign": campaign}), packet_id=None)
    if state != "active":
        shown = {"campaign": campaign, "state": state}
        raise SubmissionRefused(Sentence("campaign_not_active", shown), packet_id=None)


def _refuse_without_sender(target: Row[Any]) -> None:
    """The client must have a sender for every channel that the campaign's rules may choose."""
    used = Campaign.from_json(target.details).channels
    if missing := [name for name in used if name not in target.sending_channels]:
        raise SubmissionRefused(no_sender(missing, target.client_slug), packet_id=None)


def _keep(
    engine: Engine, settings: Settings, submission: Submission, target: Row[Any], file: ReceivedFile
) -> Receipt:
    """Save the packet with the promise of its run, or its refusal, in one transaction."""
    problem, dialect = _inspect(engine, settings, submission, target, file.path)
    with UnitOfWork(engine, submission.client_id) as uow:
        state = uow.scalar(sql("actions/share_campaign"), {"campaign_id": submission.campaign_id})
        _refuse_inactive(target.campaign_name, state)
        if problem is None and not submission.again:
            problem = _sent_before(uow, submission, file)
        columns = _columns(uow, submission, file, problem) | {
            "campaign_version_id": target.campaign_version_id,
            "dialect": json.dumps(dialect) if dialect else None,
        }
        packet = uow.one(sql("actions/keep_packet"), columns)
        if problem is None:
            if submission.encoding and submission.encoding == dialect.get("encoding"):
                uow.execute(sql("actions/remember_encoding"), columns | {"encoding": submission.encoding})
            Files(settings).keep(uow, file.path, file.sha256)
            _promise(uow, submission, packet)
        uow.commit()
    if problem is not None:
        log.info("packet_refused", packet_id=str(packet.id), code=problem.code)
        readings = problem.readings if isinstance(problem, EncodingUnsure) else ()
        raise SubmissionRefused(problem.sentence, packet_id=packet.id, readings=readings)
    log.info("packet_received", packet_id=str(packet.id), bytes=file.bytes, source=submission.source)
    return Receipt(packet.id, packet.run_id, file.sha256, file.md5, file.bytes)


def _promise(uow: UnitOfWork, submission: Submission, packet: Row[Any]) -> None:
    """Promise the packet's run. If it is to wait, it is paused in the same transaction."""
    start = {"packet_id": packet.id, "run_id": packet.run_id, "prepared": False}
    uow.execute(sql("actions/promise_start"), {"client_id": submission.client_id} | start)
    if submission.paused:
        subject = Subject(submission.client_id, packet_id=packet.id)
        begin_pause(uow, subject, Sentence("paused_at_launch"), by=submission.submitted_by)


def _inspect(
    engine: Engine, settings: Settings, submission: Submission, target: Row[Any], path: Path
) -> tuple[PacketRefused | None, dict[str, Any]]:
    """The problem of a file, if one shows without loading it, and the dialect it was read in, which loading will use."""
    hints = Hints(submission.encoding, target.feed_settings.get("encoding"), target.region, target.language)
    try:
        with open_rows(path, hints=hints, max_rows=settings.upload_max_rows) as rows:
            sample = next(iter(rows.batches)).cells()[:SAMPLE_ROWS]
    except PacketRefused as refused:
        return refused, {}
    with UnitOfWork(engine, submission.client_id) as uow:
        load_map = load_maps.expected(uow, target.feed_id, rows.header, sample)
    missing = missing_fields(load_map, Campaign.from_json(target.details).required, rows.header)
    return PacketRefused(missing) if missing else None, rows.dialect


def _sent_before(uow: UnitOfWork, submission: Submission, file: ReceivedFile) -> PacketRefused | None:
    same = {"campaign_id": str(submission.campaign_id), "sha256": file.sha256}
    uow.execute(sql("actions/lock_upload"), same)
    earlier = uow.execute(sql("actions/sent_before"), same).one_or_none()
    if earlier is None:
        return None
    return PacketRefused("sent_before", at=zoned(earlier.received_at, "UTC"), packet=str(earlier.id))


def _columns(
    uow: UnitOfWork, submission: Submission, file: ReceivedFile, problem: PacketRefused | None
) -> dict[str, Any]:
    ids = {"client_id": submission.client_id, "campaign_id": submission.campaign_id}
    return ids | {
        "feed_id": uow.scalar(sql("actions/ensure_feed"), ids | {"feed": submission.feed}),
        "state": PacketState.REFUSED if problem else PacketState.RECEIVED,
        "source": submission.source,
        "submitted_by": submission.submitted_by,
        "file_name": PurePath(submission.file_name.replace("\0", "").replace("\\", "/")).name[-NAME_LENGTH:]
        or "unnamed",
        "bytes": file.bytes,
        "md5": file.md5,
        "sha256": file.sha256,
        "problem_code": problem.code if problem else None,
        "problem_params": problem.sentence.json_params if problem else None,
    }
