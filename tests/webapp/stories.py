"""Packets as the pipeline leaves them, written as rows: a client, a file, its steps, its held rows, its messages."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine, text

from pipelines.domain.fields import title_of
from pipelines.language import Sentence
from pipelines.states import STEPS
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import NEWEST_VERSION, Business

HEADER = ["Patient", "First name", "Last name", "Mobile", "E-mail", "Appointment", "Time"]
REASONS = [
    (Sentence("not_a_phone"), "Mobile", "555-01"),
    (Sentence("no_address", {"addresses": [title_of("phone"), title_of("email")]}), None, None),
    (Sentence("not_an_email"), "E-mail", "maria.lopez@"),
    (Sentence("impossible_date"), "Appointment", "31/02/2026"),
    (Sentence("duplicate", {"line": 2}), "Mobile", "+1 212 555 0142"),
]


@dataclass(frozen=True)
class StoryStep:
    """One attempt of a step, as in the journal; `seconds` is None while it runs."""

    step: str
    rows_in: int | None = None
    rows_out: int | None = None
    rows_held: int | None = None
    seconds: float | None = None
    lane: str = ""
    state: str = "done"
    rows_done: int = 0
    rows_expected: int | None = None
    error: str | None = None
    note: str | None = None
    attempt: int = 1


def tell_packet(
    engine: Engine,
    business: Business,
    *,
    state: str,
    file_name: str = "appointments-2026-11-23.csv",
    received: datetime | None = None,
    problem: str | None = None,
    content: bytes = b"Patient,First name\n",
    total: dict[str, int] | None = None,
    run_id: str | None = None,
    source: str = "portal",
) -> UUID:
    """A packet in any state; `total` contains its outcomes when it is settled."""
    received = received or datetime.now(UTC) - timedelta(minutes=3)
    with UnitOfWork(engine, business.client_id) as uow:
        packet_id = uow.scalar(
            text(
                "insert into data_packet (client_id, campaign_id, campaign_version_id, feed_id, state, source, submitted_by, file_name, bytes,"
                " md5, sha256, header, dialect, run_id, problem_params, problem_code, received_at, settled_at)"
                f" values (:client, :campaign, {NEWEST_VERSION}, :feed, :state, :source, 'front.desk', :name, :bytes, :md5, :sha256, :header,"
                " cast(:dialect as jsonb), :run_id, cast(:problem as jsonb), :code, :received, :settled) returning id"
            ),
            {
                "client": business.client_id,
                "campaign": business.campaign_id,
                "feed": business.feed_id,
                "state": state,
                "source": source,
                "name": file_name,
                "bytes": max(len(content), 148_213),
                "md5": hashlib.md5(content).hexdigest(),
                "sha256": hashlib.sha256(content).hexdigest(),
                "header": HEADER,
                "dialect": json.dumps({"kind": "csv", "encoding": "utf-8", "delimiter": ";"}),
                "run_id": run_id,
                "problem": json.dumps({"text": problem}) if problem else None,
                "code": "as_told_before" if problem else None,
                "received": received,
                "settled": received + timedelta(seconds=21) if state == "settled" else None,
            },
        )
        if total is not None:
            outcomes = (
                dict.fromkeys(("sent", "failed", "held", "suppressed", "expired", "cancelled", "waiting"), 0)
                | total
            )
            outcomes_and_late = outcomes | {"late": outcomes["expired"]}
            names = ", ".join(outcomes_and_late)
            uow.execute(
                text(
                    f"insert into packet_total (packet_id, client_id, rows_in, {names})"
                    f" values (:packet, :client, :rows_in, {', '.join(f':{name}' for name in outcomes_and_late)})"
                ),
                outcomes_and_late
                | {"packet": packet_id, "client": business.client_id, "rows_in": sum(outcomes.values())},
            )
        uow.commit()
    return packet_id


def tell_steps(
    engine: Engine, business: Business, packet_id: UUID, steps: list[StoryStep], began: datetime | None = None
) -> None:
    """Journal rows, one after the other, starting at `began`; lanes of one step start together."""
    moment = began or datetime.now(UTC) - timedelta(minutes=2)
    with UnitOfWork(engine, business.client_id) as uow:
        for step in steps:
            ended = moment + timedelta(seconds=step.seconds) if step.seconds is not None else None
            uow.execute(
                text(
                    "insert into packet_step (client_id, packet_id, step, lane, attempt, state, started_at, ended_at,"
                    " rows_expected, rows_done, rows_in, rows_out, rows_held, error_params, error_code, note)"
                    " values (:client, :packet, :step, :lane, :attempt, :state, :started, :ended, :expected, :done, :rows_in,"
                    " :rows_out, :held, cast(:error as jsonb), :code, cast(:note as jsonb))"
                ),
                {
                    "client": business.client_id,
                    "packet": packet_id,
                    "step": step.step,
                    "lane": step.lane,
                    "attempt": step.attempt,
                    "state": step.state,
                    "started": moment,
                    "ended": ended,
                    "expected": step.rows_expected,
                    "done": step.rows_done or step.rows_in or 0,
                    "rows_in": step.rows_in,
                    "rows_out": step.rows_out,
                    "held": step.rows_held,
                    "error": json.dumps({"text": step.error}) if step.error else None,
                    "code": "as_told_before" if step.error else None,
                    "note": json.dumps(Sentence("as_told_before", {"text": step.note}).to_json())
                    if step.note
                    else None,
                },
            )
            if not step.lane and ended is not None:
                moment = ended
        uow.commit()


def tell_held(engine: Engine, business: Business, packet_id: UUID, rows: int) -> None:
    """Held rows with their cells, spread over the usual reasons; the first one is the most frequent."""
    with UnitOfWork(engine, business.client_id) as uow:
        for number in range(1, rows + 1):
            why, column, value = REASONS[(number * number) % len(REASONS)]
            cells = [f"P{number:04}", "Maria", "Lopez", "555-01", "maria.lopez@", "24/11/2026", "=9+30"]
            shared = {
                "packet": packet_id,
                "client": business.client_id,
                "row": number * 7,
                "line": number * 7 + 1,
            }
            uow.execute(
                text(
                    "insert into data_packet_row (packet_id, row_no, client_id, line_no, cells)"
                    " values (:packet, :row, :client, :line, :cells)"
                ),
                shared | {"cells": cells},
            )
            uow.execute(
                text(
                    "insert into held_row (packet_id, row_no, client_id, step, line_no, column_name, code, params, value)"
                    " values (:packet, :row, :client, 'clean', :line, :column, :code, :params, :value)"
                ),
                shared | {"column": column, "code": why.code, "params": why.json_params, "value": value},
            )
        uow.commit()


PHONES = {
    "field": "phone", "filled": 985, "distinct": 970, "changed": 640, "held": 10, "shortest": 12, "longest": 12,
    "shapes": [{"shape": "+9", "rows": 985}],
}  # fmt: skip


def tell_quality(engine: Engine, business: Business, packet_id: UUID, *, past: int, allowed: float) -> None:
    """The check's result for 990 usable rows of 1,000, with `past` of them in the past and a share of `allowed` permitted."""
    success = past <= 990 * allowed
    result = {
        "rows": 1000,
        "usable": 990,
        "limits": {"max_held_share": 0.5, "max_past_share": allowed, "min_filled": {}},
        "expectations": [
            {"name": "usable_rows", "success": True},
            {"name": "not_in_the_past", "success": success, "element_count": 990, "unexpected_count": past},
        ],
        "profile": {"version": 1, "rows": 990, "fields": [PHONES]},
    }
    with UnitOfWork(engine, business.client_id) as uow:
        uow.execute(
            text(
                "insert into quality_result (packet_id, client_id, suite, success, result)"
                " values (:packet, :client, 'feed', :success, cast(:result as jsonb))"
            ),
            {
                "packet": packet_id,
                "client": business.client_id,
                "success": success,
                "result": json.dumps(result),
            },
        )
        uow.commit()


def tell_messages(
    engine: Engine,
    business: Business,
    packet_id: UUID,
    channel: str,
    states: dict[str, int],
    body: str = "told",
) -> None:
    """Messages of one channel, each with its row. States are assigned in row order; the rows continue after existing ones."""
    params = {"packet": packet_id, "client": business.client_id, "channel": channel, "body": body}
    with UnitOfWork(engine, business.client_id) as uow:
        last = text("select coalesce(max(row_no), 0) from message where packet_id = :packet")
        number = uow.scalar(last, params)
        for state in (state for state, count in states.items() for _ in range(count)):
            number += 1
            for statement in ROW_AND_MESSAGE:
                uow.execute(text(statement), params | {"state": state, "row": number})
        uow.commit()


def tell_unknown(engine: Engine, business: Business, packet_id: UUID, count: int) -> None:
    """Messages, with their rows, whose calls were never answered."""
    tell_messages(engine, business, packet_id, "sms", {"unknown": count})
    with UnitOfWork(engine, business.client_id) as uow:
        for statement in UNKNOWN_CALLS:
            uow.execute(text(statement), {"packet": packet_id})
        uow.commit()


def tell_undecided(
    engine: Engine, business: Business, packet_id: UUID, count: int, reason: str = "valuable"
) -> None:
    """Unknown messages that only a person can decide about."""
    tell_unknown(engine, business, packet_id, count)
    with UnitOfWork(engine, business.client_id) as uow:
        uow.execute(text(CHECKS), {"packet": packet_id, "reason": reason})
        uow.commit()


CHECKS = """
insert into call_check (call_id, client_id, packet_id, next_at, reason)
select id, client_id, packet_id, 'infinity', :reason from provider_call where packet_id = :packet
"""
UNKNOWN_CALLS = (
    (
        "insert into provider_call (id, client_id, packet_id, provider, channel, messages, state, owner, lease_until, recorded_at)"
        " select id, client_id, packet_id, 'twilio', channel, 1, 'unknown', uuidv7(), now(), now()"
        " from message where packet_id = :packet and state = 'unknown'"
    ),
    (
        "insert into attempt (client_id, message_id, attempt_no, call_id)"
        " select client_id, id, 1, id from message where packet_id = :packet and state = 'unknown'"
    ),
    "update message set attempt_no = 1 where packet_id = :packet and state = 'unknown'",
)

# A row for a person called Person and its number: raw, cleaned, and with its message.
ROW_AND_MESSAGE = (
    (
        "insert into data_packet_row (packet_id, row_no, client_id, line_no, cells) values (:packet, :row, :client, :row + 1,"
        " array['P' || :row, 'person', cast(:row as text), '0' || :row, '', '24/11/2026', '16:40']) on conflict do nothing"
    ),
    (
        "insert into clean_row (packet_id, row_no, client_id, first_name, last_name, phone, language, local_at, time_zone, changes)"
        " values (:packet, :row, :client, 'Person', cast(:row as text), '+1' || :row, 'en', '2026-11-24 16:40', 'UTC',"
        " array['phone:e164', 'first_name:name'])"
    ),
    (
        "insert into message_series (packet_id, step_no, channel, client_id) values (:packet, 1, :channel, :client)"
        " on conflict do nothing"
    ),
    (
        "insert into message (id, client_id, packet_id, row_no, channel, state, address, language, rule, encoding, subject, body)"
        " select message_id(series, :row), client_id, packet_id, :row, channel, :state, 'told-' || channel || '-' || :row, 'en',"
        " 'The rule of this test', case when channel = 'sms' then 'GSM-7' end, case when channel = 'email' then 'The subject' end, :body"
        " from message_series where packet_id = :packet and channel = :channel"
    ),
)


def finished(engine: Engine, business: Business, rows: int = 1000, held: int = 38) -> UUID:
    """A successful packet: some rows held, two refused, one opted out, all others sent."""
    out = rows - held
    began = datetime.now(UTC) - timedelta(minutes=25)
    packet_id = tell_packet(
        engine,
        business,
        state="settled",
        received=began,
        run_id=f"packet-told-{business.slug}",
        total={"sent": out - 3, "failed": 2, "suppressed": 1, "held": held},
    )
    counts = {"load": (rows, rows, 0), "clean": (rows, out, held)}
    prepared = [
        StoryStep(step, *counts.get(step, (out, out, 0)), seconds=0.4 + 0.3 * place)
        for place, step in enumerate(STEPS[:5])
    ]
    lanes = [
        StoryStep("dispatch", out - 300, out - 302, 0, 6.1, lane="sms lane 1"),
        StoryStep("dispatch", 300, 299, 0, 1.4, lane="e-mail lane 1"),
    ]
    tell_steps(engine, business, packet_id, [*prepared, *lanes], began)
    last = [StoryStep("settle", rows, rows, 0, 0.2)]
    tell_steps(engine, business, packet_id, last, began + timedelta(seconds=16))
    tell_held(engine, business, packet_id, held)
    return packet_id
