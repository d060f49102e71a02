"""Accepts a data packet: received whole, looked at, kept with the promise of its run; or refused with one sentence."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path, PurePath
from typing import Any, BinaryIO
from uuid import UUID

import structlog
from sqlalchemy import Engine, Row
from sqlalchemy.exc import DBAPIError, OperationalError

from pipelines.actions.receive_file import ReceivedFile, receive
from pipelines.channels.senders import no_sender
from pipelines.domain.campaign import Campaign
from pipelines.domain.mapping import missing_fields
from pipelines.errors import NoRoom, NotFound, PacketRefused
from pipelines.feeds import load_maps
from pipelines.language import Sentence
from pipelines.reading import EncodingUnsure, Hints, Reading, open_rows
from pipelines.reading.code_pages import canonical_name
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
    """Who sends what for which campaign. `source` is portal, cli or api; `digest` the sender's own MD5 or SHA-256, if any.

    `again` says that the same file is meant to go out once more. `encoding` is what a person says the file is in; the feed remembers
    it, so that the next file of its kind is not asked about.
    """

    client_id: UUID
    campaign_id: UUID
    file_name: str
    source: str
    submitted_by: str
    feed: str = "upload"
    digest: str | None = None
    again: bool = False
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The proof that a packet is in: its run starts by itself, whatever dies now."""

    packet_id: UUID
    run_id: str
    sha256: str
    md5: str
    bytes: int


class SubmissionRefused(PacketRefused):
    """`packet_id` is where the refusal can be read again; None when nothing was kept of the submission.

    `readings` are the ways to read the file among which the sender has to choose. They show values of it: never log them.
    """

    def __init__(
        self, sentence: Sentence, *, packet_id: UUID | None, readings: tuple[Reading, ...] = ()
    ) -> None:
        super().__init__(sentence)
        self.packet_id = packet_id
        self.readings = readings


def accept_packet(engine: Engine, settings: Settings, submission: Submission, stream: BinaryIO) -> Receipt:
    """Take in a file as a data packet of a campaign.

    Raises NotFound when the client has no such campaign, NoRoom when a disk is full, and SubmissionRefused with one sentence: too
    large or incomplete (nothing is kept of it), client or campaign not active, no sender for a channel of the campaign, unreadable, empty, its encoding not certain, a required
    column missing, sent before.
    """
    encoding = _encoding(submission)
    target = _target(engine, submission)
    try:
        with receive(stream, settings) as file:
            file.check(submission.digest)
            with _given_up(engine, settings, file):
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
def _given_up(engine: Engine, settings: Settings, file: ReceivedFile) -> Iterator[None]:
    """What fails in the block leaves nothing behind: its file goes, unless another packet has the same bytes."""
    try:
        yield
    except (DBAPIError, OSError):
        with suppress(DBAPIError):
            Files(settings).delete_unless_needed(engine, file.sha256)
        raise


def _encoding(submission: Submission) -> str | None:
    """What the sender said, by our name for it."""
    if not submission.encoding:
        return None
    name = canonical_name(submission.encoding)
    if name is None:
        raise SubmissionRefused(Sentence("encoding_unknown"), packet_id=None)
    return name


def _target(engine: Engine, submission: Submission) -> Row[Any]:
    with UnitOfWork(engine, submission.client_id) as uow:
        found = uow.execute(
            sql("actions/campaign_for_packet"),
            {
                "client_id": submission.client_id,
                "campaign_id": submission.campaign_id,
                "feed": submission.feed,
            },
        ).one_or_none()
    if found is None:
        raise NotFound("no_such_campaign")
    if found.client_state != "active":
        raise SubmissionRefused(Sentence("client_not_active"), packet_id=None)
    if found.campaign_state != "active":
        state = {"campaign": found.campaign_name, "state": found.campaign_state}
        raise SubmissionRefused(Sentence("campaign_not_active", state), packet_id=None)
    _refuse_without_sender(found)
    return found


def _refuse_without_sender(target: Row[Any]) -> None:
    """A campaign must be able to send on every channel that its rules may choose."""
    used = dict.fromkeys(rule.send for rule in Campaign.from_json(target.details).rules)
    if missing := [name for name in used if name not in target.sending_channels]:
        raise SubmissionRefused(no_sender(missing), packet_id=None)


def _keep(
    engine: Engine, settings: Settings, submission: Submission, target: Row[Any], file: ReceivedFile
) -> Receipt:
    """Keep the packet with the promise of its run, or its refusal, in one transaction."""
    problem, dialect = _look(engine, settings, submission, target, file.path)
    with UnitOfWork(engine, submission.client_id) as uow:
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
            uow.execute(
                sql("actions/promise_start"),
                {
                    "client_id": submission.client_id,
                    "packet_id": packet.id,
                    "run_id": packet.run_id,
                    "prepared": False,
                },
            )
        uow.commit()
    if problem is not None:
        log.info("packet_refused", packet_id=str(packet.id), code=problem.code)
        readings = problem.readings if isinstance(problem, EncodingUnsure) else ()
        raise SubmissionRefused(problem.sentence, packet_id=packet.id, readings=readings)
    log.info("packet_received", packet_id=str(packet.id), bytes=file.bytes, source=submission.source)
    return Receipt(packet.id, packet.run_id, file.sha256, file.md5, file.bytes)


def _look(
    engine: Engine, settings: Settings, submission: Submission, target: Row[Any], path: Path
) -> tuple[PacketRefused | None, dict[str, Any]]:
    """What can be seen to be wrong with a file without loading it, and what it was read as: loading reads it in the same way."""
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
    uow.execute(sql("actions/one_at_a_time"), same)
    before = uow.execute(sql("actions/sent_before"), same).one_or_none()
    if before is None:
        return None
    at = before.received_at.astimezone(UTC).isoformat()
    return PacketRefused("sent_before", at=at, packet=str(before.id))


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
