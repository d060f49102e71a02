"""The rows that get no message, held with the reason: no channel, no text, a missing value, a text too long (R9)."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    String,
    Subquery,
    Text,
    and_,
    case,
    cast,
    func,
    insert,
    literal,
    or_,
    select,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import JSONB, array

from pipelines.channels.wording.in_sql import missing_in
from pipelines.domain.fields import BY_NAME
from pipelines.domain.mapping import LoadMap
from pipelines.steps.assemble.select import Plan, addressed, values_of, written
from pipelines.tables.packets import DataPacketRow, HeldRow

# A reason is the name of a missing value, or one of these (which no name can be), for a length with `:` and the channel.
NO_CHANNEL, NO_TEXT, TOO_LONG, SUBJECT_TOO_LONG = (
    "#no_channel",
    "#no_template",
    "#too_long",
    "#subject_too_long",
)


def hold(plan: Plan, load_map: LoadMap) -> Select[tuple[int]]:
    """Hold every row that has no message yet, with a line for each value that it lacks. Returns the number of rows."""
    reason = _reasons(plan, written(plan, addressed(plan, without_message=True)))
    source = DataPacketRow.__table__.c
    is_name = reason.c.reason.not_like("#%")
    rows = select(
        literal(plan.packet.id),
        reason.c.row_no,
        literal(plan.packet.client_id),
        literal("assemble"),
        source.line_no,
        _lookup(_columns(load_map), reason.c.reason),
        case((is_name, "missing_value"), else_=func.split_part(func.substr(reason.c.reason, 2), ":", 1)),
        func.replace(
            _lookup(_sentences(plan, load_map), reason.c.reason),
            "{length}",
            func.coalesce(func.to_char(reason.c.length, "FM9,999,999"), ""),
        ),
    ).join_from(
        reason,
        DataPacketRow,
        and_(source.packet_id == plan.packet.id, source.row_no == reason.c.row_no),
    )
    columns = ["packet_id", "row_no", "client_id", "step", "line_no", "column_name", "rule", "sentence"]
    held = insert(HeldRow).from_select(columns, rows).returning(HeldRow.row_no).cte("held")
    return select(func.count(held.c.row_no.distinct()))


def _reasons(plan: Plan, row: Subquery) -> Subquery:
    """A row of the packet with each of its reasons once, and the length of the text that is too long."""
    c = row.c
    has_subject = plan.pick(c.text_no, [text.text.subject is not None for text in plan.texts])
    incomplete = or_(c.body.is_(None), and_(has_subject, c.subject.is_(None)))
    subject_limit = plan.pick(c.text_no, [text.channel.longest_subject for text in plan.texts])
    subject_too_long = and_(has_subject, func.length(c.subject) > subject_limit)
    reasons = case(
        (c.rule_no.is_(None), _one(NO_CHANNEL)),
        (c.text_no.is_(None), _one(NO_TEXT)),
        (incomplete, _missing(plan, row)),
        (subject_too_long, _one(literal(f"{SUBJECT_TOO_LONG}:").concat(c.channel))),
        else_=_one(literal(f"{TOO_LONG}:").concat(c.channel)),
    )
    length = func.length(case((subject_too_long, c.subject), else_=c.body)).label("length")
    each = select(c.row_no, length, func.unnest(reasons, type_=String).label("reason")).subquery()
    return select(each).distinct().subquery()


def _one(reason: str | ColumnElement[str]) -> ColumnElement[Any]:
    return array[Any]([reason], type_=Text())


def _missing(plan: Plan, row: Subquery) -> ColumnElement[Any]:
    values = values_of(plan, row)
    of_texts: list[ColumnElement[Any]] = []
    for place, text in enumerate(plan.texts):
        if not text.text.is_plain:
            of_texts.append(cast(row.c.jinja_missing, ARRAY(Text)))
            continue
        pieces = [piece for wording in text.text.wordings for piece in wording.pieces or ()]
        of_texts.append(missing_in(pieces, values, plan.spoken[place]))
    return plan.pick(row.c.text_no, of_texts)


def _lookup(words: dict[str, str], key: ColumnElement[str]) -> ColumnElement[str]:
    return literal(words, JSONB).op("->>", return_type=String())(key)


def _columns(load_map: LoadMap) -> dict[str, str]:
    """The column to look at for each reason, as the file calls it."""
    fields = load_map.fields
    moment = {
        "contact_at": fields.get("contact_at") or fields.get("contact_date", ""),
        "contact_time": fields.get("contact_time") or fields.get("contact_at", ""),
    }
    found = {**fields, **load_map.extras, **moment, NO_TEXT: fields.get("language", "")}
    return {name: column for name, column in found.items() if column}


def _sentences(plan: Plan, load_map: LoadMap) -> dict[str, str]:
    """What to tell the client for each reason. No sentence repeats a value."""
    addresses = " or ".join(channel.address_title for channel in plan.channels)
    words = {
        NO_CHANNEL: f"None of the campaign's rules can reach this row. Fill in {addresses} that it can be sent to.",
        NO_TEXT: f"The campaign has no text in the language of this row, and none in {plan.packet.language} to take instead.",
    }
    for channel in plan.channels:
        words[f"{TOO_LONG}:{channel.name}"] = (
            f"The text of this row would be {{length}} characters long, and {channel.longest_body:,} are the most for {channel.title}. "
            "Shorten what the row puts into it."
        )
        words[f"{SUBJECT_TOO_LONG}:{channel.name}"] = (
            f"The subject of this row would be {{length}} characters long, and {channel.longest_subject:,} are the most. "
            "Shorten what the row puts into it."
        )
    names = {name for text in plan.texts for name in text.text.names} | {"contact_time"}
    for name in names:
        title = f"the {BY_NAME[name].title}" if name in BY_NAME else f"“{load_map.extras.get(name, name)}”"
        words[name] = f"The text of the message says {title}, and this row has none. Fill it in."
    return words
