"""From clean rows to messages in one statement: rule, channel, address, text, deadline, state.

Each layer below is a sub-select with OFFSET 0, which keeps PostgreSQL from working an expression out again for every use of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    TIMESTAMP,
    ColumnElement,
    Integer,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    column,
    exists,
    func,
    literal,
    literal_column,
    null,
    select,
    table,
)  # fmt: skip

from pipelines.channels.base import Channel
from pipelines.channels.wording.in_sql import Spoken, text_of
from pipelines.channels.wording.template import Wording
from pipelines.channels.wording.values import ROW_NAMES, one_line_in_sql, tidy_in_sql
from pipelines.domain.campaign import Campaign
from pipelines.rules.in_sql import chosen_rule
from pipelines.states import MessageState
from pipelines.steps.assemble.texts import CampaignText, text_for
from pipelines.steps.journal import PacketFacts
from pipelines.tables.packets import CleanRow, DataPacketRow, HeldRow
from pipelines.tables.people import Suppression

# Typed, since a number that has yet to be cast hides from the planner that it is none, and that processes may share the work.
NO_OFFSET: ColumnElement[int] = literal_column("bigint '0'")
FOREVER: ColumnElement[Any] = literal_column("timestamptz 'infinity'")
# What Jinja has filled, see sql/steps/assemble/table.sql.
FILLED_BY_JINJA = table(
    "assemble_text", column("row_no"), column("subject"), column("body"), column("missing")
)

# The messages, worked out and not yet written, see `messages`.
WORKED_OUT = "assemble_message"


@dataclass(frozen=True)
class Plan:
    """All that decides the messages of a packet. `extras` are the columns of the file that rules and texts name, by their number.

    `spoken` has for each text what it makes of the packet's dates and times of day.
    """

    packet: PacketFacts
    campaign: Campaign
    texts: Sequence[CampaignText]
    extras: Mapping[str, int]
    spoken: Sequence[Spoken]

    @property
    def channels(self) -> list[Channel]:
        """The channels that it may send on, in the order of the rules."""
        by_name = {text.channel.name: text.channel for text in self.texts}
        return [by_name[name] for name in dict.fromkeys(rule.send for rule in self.campaign.rules)]

    @property
    def by_jinja(self) -> list[int]:
        """The places of the texts that SQL cannot fill."""
        return [place for place, text in enumerate(self.texts) if not text.text.is_plain]

    def pick(self, number: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[Any]:
        """The value whose place `number` is; NULL for none."""
        return case(*((number == place, value) for place, value in enumerate(values)), else_=null())


def values_of(plan: Plan, row: Subquery) -> Mapping[str, ColumnElement[Any]]:
    """What texts and rules may name, as columns of a layer."""
    names = (*ROW_NAMES, *plan.extras)
    return {name: row.c[f"value_{name}"] for name in names} | {
        "client_name": literal(plan.packet.client_name)
    }


def addressed(plan: Plan, *, without_message: bool = False) -> Subquery:
    """Every clean row that nothing holds, with its rule, channel, address and the place of its text."""
    ruled = _layer(_rows(plan, without_message=without_message), lambda row: {"rule_no": _rule(plan, row)})
    sends = [rule.send for rule in plan.campaign.rules]
    address = {channel.name: f"value_{channel.address}" for channel in plan.channels}
    channelled = _layer(
        ruled,
        lambda row: {
            "channel": plan.pick(row.c.rule_no, sends),
            "address": plan.pick(row.c.rule_no, [row.c[address[send]] for send in sends]),
        },
    )
    return _layer(
        channelled,
        lambda row: {
            "text_no": text_for(plan.texts, row.c.channel, row.c.value_language, plan.packet.language)
        },
    )


def written(plan: Plan, row: Subquery) -> Subquery:
    """The rows with subject and body, NULL where a value is missing that they say."""

    def texts(layer: Subquery) -> dict[str, ColumnElement[Any]]:
        return {
            "subject": plan.pick(layer.c.text_no, [_text(plan, layer, place, "subject") for place in places]),
            "body": plan.pick(layer.c.text_no, [_text(plan, layer, place, "body") for place in places]),
        }

    places = range(len(plan.texts))
    return _layer(_with_jinja(row) if plan.by_jinja else row, texts)


def messages(plan: Plan, row: Subquery) -> Select[Any]:
    """What differs from message to message, for every row whose text is complete and not too long, in the order in which lanes claim."""
    sized = _layer(row, lambda layer: _sizes(plan, layer))
    timed = _with_suppression(
        plan, _layer(sized, lambda layer: {"expires_at": _expires_at(plan.campaign, layer)})
    )
    segments, encoding = _measures(plan, timed)
    c = timed.c
    query = select(
        c.row_no,
        c.channel,
        _state(timed).label("state"),
        c.address,
        c.text_no,
        c.rule_no,
        c.subject,
        c.body,
        segments.label("segments"),
        encoding.label("encoding"),
        c.expires_at,
    )
    return query.where(_fits(plan, timed)).order_by(c.expires_at, c.row_no)


def _sizes(plan: Plan, row: Subquery) -> dict[str, ColumnElement[Any]]:
    """What takes a walk through the text, and is asked for more than once."""
    return {
        "length": func.length(row.c.body),
        "sort": _by_channel(plan, row, lambda one: one.sort_in_sql(row.c.body)),
    }


def _fits(plan: Plan, row: Subquery) -> ColumnElement[bool]:
    """Whether a row has all of its text, and none too long for its channel. NULL counts as no."""
    c = row.c
    return _by_channel(
        plan,
        row,
        lambda one: and_(
            c.length <= one.longest_body,
            *([func.length(c.subject) <= one.longest_subject] if one.longest_subject else []),
        ),
    )


def _measures(plan: Plan, row: Subquery) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    c = row.c
    each = {one.name: one.measure_in_sql(c.body, c.length, c.sort) for one in plan.channels}
    return (
        cast(_by_channel(plan, row, lambda one: each[one.name][0]), Integer),
        cast(_by_channel(plan, row, lambda one: each[one.name][1]), String),
    )


def _layer(below: Subquery, more: Callable[[Subquery], Mapping[str, ColumnElement[Any]]]) -> Subquery:
    added = [expression.label(name) for name, expression in more(below).items()]
    return select(*below.c, *added).offset(NO_OFFSET).subquery()


def _rows(plan: Plan, *, without_message: bool) -> Subquery:
    clean, source, held = CleanRow.__table__.c, DataPacketRow.__table__.c, HeldRow.__table__.c
    values: dict[str, ColumnElement[Any]] = {
        name: clean["local_at" if name == "contact_at" else name] for name in ROW_NAMES
    }
    values |= {name: tidy_in_sql(source.cells[number]) for name, number in plan.extras.items()}
    rows = (
        select(clean.row_no, clean.can_text, clean.contact_at, clean.time_zone)
        .add_columns(*(value.label(f"value_{name}") for name, value in values.items()))
        .where(clean.packet_id == plan.packet.id)
        .where(~exists().where(held.packet_id == plan.packet.id, held.row_no == clean.row_no))
    )
    if plan.extras:
        rows = rows.join_from(
            CleanRow, DataPacketRow, and_(source.packet_id == clean.packet_id, source.row_no == clean.row_no)
        )
    if without_message:
        made = table(WORKED_OUT, column("row_no"))
        rows = rows.where(~exists().where(made.c.row_no == clean.row_no))
    return rows.offset(NO_OFFSET).subquery()


def _rule(plan: Plan, row: Subquery) -> ColumnElement[Any]:
    values = dict(values_of(plan, row))
    reach = {channel.name: channel.reach(values | {"can_text": row.c.can_text}) for channel in plan.channels}
    return chosen_rule(plan.campaign.rules, values, reach)


def _with_jinja(row: Subquery) -> Subquery:
    """The rows with what Jinja has filled for them beside it."""
    filled = FILLED_BY_JINJA.c
    return (
        select(*row.c, *(filled[name].label(f"jinja_{name}") for name in ("subject", "body", "missing")))
        .outerjoin_from(row, FILLED_BY_JINJA, filled.row_no == row.c.row_no)
        .subquery()
    )


def _text(plan: Plan, row: Subquery, place: int, part: str) -> ColumnElement[Any]:
    text = plan.texts[place].text
    wording: Wording | None = getattr(text, part)
    if wording is None:
        return null()
    if not text.is_plain:
        return row.c[f"jinja_{part}"]
    assert wording.pieces is not None
    whole = text_of(wording.pieces, values_of(plan, row), plan.spoken[place])
    return one_line_in_sql(whole) if part == "subject" else whole


def _by_channel(plan: Plan, row: Subquery, of: Callable[[Channel], ColumnElement[Any]]) -> ColumnElement[Any]:
    """What the row's own channel says."""
    return case(*((row.c.channel == one.name, of(one)) for one in plan.channels), else_=null())


def _expires_at(campaign: Campaign, row: Subquery) -> ColumnElement[Any]:
    """`Campaign.deadline` in SQL: infinity where there is none."""
    if campaign.minutes_before_contact is None:
        return FOREVER
    local = row.c.value_contact_at
    midnight = cast(func.substr(local, 1, 10), TIMESTAMP) + timedelta(days=1)
    end = case(
        (func.length(local) > len("2026-11-24"), row.c.contact_at),
        else_=func.timezone(row.c.time_zone, midnight),
    )
    before = end - timedelta(minutes=campaign.minutes_before_contact)
    return case((row.c.contact_at.is_(None), FOREVER), else_=before)


def _with_suppression(plan: Plan, row: Subquery) -> Subquery:
    """The rows, and whether the client may no longer write to this address on this channel."""
    entry = Suppression.__table__.c
    asked_for_no_more = entry.id.is_not(None).label("asked_for_no_more")
    same = and_(
        entry.client_id == plan.packet.client_id,
        entry.channel == row.c.channel,
        entry.address == row.c.address,
    )
    return select(*row.c, asked_for_no_more).outerjoin_from(row, Suppression, same).subquery()


def _state(row: Subquery) -> ColumnElement[str]:
    """A person who asked for no more gets none, whenever it is; what is too late is not sent."""
    return case(
        (row.c.asked_for_no_more, MessageState.SUPPRESSED.value),
        (row.c.expires_at <= func.now(), MessageState.EXPIRED.value),
        else_=MessageState.READY.value,
    )
