"""The expressions that fill the holes of the statements in sql/steps/assemble, over the columns of the layer below."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Integer,
    String,
    Text,
    TextClause,
    Uuid,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    literal_column,
    null,
    or_,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import JSONB

from pipelines.channels.base import COLUMNS, Channel
from pipelines.channels.wording.in_sql import MomentTexts, missing_in, text_of
from pipelines.channels.wording.values import one_line_in_sql
from pipelines.rules.in_sql import chosen_rule
from pipelines.steps.assemble import timing
from pipelines.steps.assemble.plan import Plan, Values
from pipelines.steps.assemble.texts import CampaignText, text_for
from pipelines.store.sqlfile import Filling, sql_with

# By step of the schedule and channel.
Series = Mapping[tuple[int, str], UUID]

# Columns of the layers in sql/steps/assemble.
RULE_NO, TEXT_NO, ROW_NO, STEP_NO = (
    column(name, Integer) for name in ("rule_no", "text_no", "row_no", "step_no")
)
CHANNEL, BODY, ALPHABET = (column(name, String) for name in ("channel", "body", "alphabet"))
CAN_TEXT, PHONE_COUNTRY = column("can_text", Boolean), column("phone_country", String)

NO_COUNTRY = "001"  # of numbers that belong to no country (+882), as libphonenumber and UN M49 call the world


def addressed(plan: Plan) -> TextClause:
    """Every row with its rule, channel, address and text."""
    rules, values = plan.campaign.rules, plan.values
    channels = {channel.name: channel for channel in plan.channels}
    reach = {name: one.reach({**values, "can_text": CAN_TEXT}) for name, one in channels.items()}
    return sql_with(
        "steps/assemble/addressed",
        {
            "values": plan.columns,
            "rule_no": chosen_rule(rules, values, reach),
            "channel": pick(RULE_NO, [rule.send for rule in rules]),
            "address": pick(RULE_NO, [values[channels[rule.send].address] for rule in rules]),
            "country": pick(
                RULE_NO,
                [
                    func.coalesce(PHONE_COUNTRY, NO_COUNTRY)
                    if channels[rule.send].address == "phone"
                    else null()
                    for rule in rules
                ],
            ),
            "step_no": timing.step_no(plan.campaign.schedule),
            "text_no": text_for(plan.texts, CHANNEL, values["language"], plan.packet.language),
        },
    )


def rows_for_jinja(plan: Plan) -> TextClause:
    """The rows whose text Jinja fills: row_no, text_no, then the plan's values in order."""
    values = {f"value_{place}": value for place, value in enumerate(plan.values.values())}
    return sql_with("steps/assemble/by_jinja", {"addressed": addressed(plan), "values": values})


def messages(plan: Plan) -> TextClause:
    """Every message, and every row that cannot have one."""
    length = column("body_length", Integer)
    measures = {one.name: one.measure_in_sql(BODY, length, ALPHABET) for one in plan.channels}
    return sql_with(
        "steps/assemble/messages",
        {
            **timing.holes(plan),
            "addressed": addressed(plan),
            "subject": _by_text(plan, lambda text, moments: _filled("subject", text, plan.values, moments)),
            "body": _by_text(plan, lambda text, moments: _filled("body", text, plan.values, moments)),
            "parts": cast(
                _by_text(plan, lambda text, moments: _other_parts(text, plan.values, moments)), JSONB
            ),
            "alphabet": _by_channel(plan, lambda channel: channel.alphabet_in_sql(BODY)),
            "incomplete": _by_text(plan, lambda text, _: _incomplete(text)),
            "too_long": _by_text(plan, lambda text, _: _too_long(text)),
            "hash": "address_hash(comparable_address(address))" if plan.needs_hash else "cast(null as bytea)",
            "missing": case(
                (column("wanted_at").is_(None), cast(["contact_at"], ARRAY(Text))),
                else_=_by_text(plan, lambda text, moments: _missing(text, plan.values, moments)),
            ),
            "segments": _by_channel(plan, lambda channel: measures[channel.name][0]),
            "encoding": _by_channel(plan, lambda channel: measures[channel.name][1]),
        },
    )


def _priced(plan: Plan) -> dict[str, Filling]:
    """The price of a message, that of one segment, and the join that finds them."""
    if plan.prices is None:
        return {"price": "bigint '0'", "segment_price": "cast(null as bigint)", "prices": ""}
    by_segment, price = (
        "coalesce(here.unit, elsewhere.unit) = 'segment'",
        "coalesce(here.minor, elsewhere.minor)",
    )
    return {
        "price": f"coalesce({price} * case when {by_segment} then coalesce(segments, 1) else 1 end, 0)",
        "segment_price": f"case when {by_segment} then {price} end",
        "prices": sql_with("steps/assemble/prices", {}),
    }


def stored(plan: Plan, series: Series) -> TextClause:
    """The messages as rows of `message`; for `series` see `message_id` in migration 0006."""
    return sql_with(
        "steps/assemble/store",
        {
            "id": case(
                *(
                    (
                        and_(literal(step) == STEP_NO, literal(name) == CHANNEL),
                        func.message_id(literal(one), ROW_NO, type_=Uuid()),
                    )
                    for (step, name), one in series.items()
                )
            ),
            "language": pick(TEXT_NO, [text.language for text in plan.texts]),
            "template_id": pick(TEXT_NO, [text.template_id for text in plan.texts]),
            "rule": pick(RULE_NO, [rule.name for rule in plan.campaign.rules]),
        }
        | _priced(plan),
    )


def pick(number: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[Any]:
    """The value at place `number`; NULL for NULL."""
    return case(dict(enumerate(values)), value=number, else_=null())


def _by_text(plan: Plan, of: Callable[[CampaignText, MomentTexts], ColumnElement[Any]]) -> ColumnElement[Any]:
    """The expression of the row's text."""
    return pick(TEXT_NO, [of(text, moments) for text, moments in zip(plan.texts, plan.moments, strict=True)])


def _by_channel(plan: Plan, of: Callable[[Channel], ColumnElement[Any]]) -> ColumnElement[Any]:
    """The expression of the row's channel."""
    return case({one.name: of(one) for one in plan.channels}, value=CHANNEL, else_=null())


def _value(part: str) -> ColumnElement[Any]:
    """A part of the row's text, as a column of the layer `written` or of those above."""
    return (
        column(part, String)
        if part in COLUMNS
        else column("parts", JSONB).op("->>", return_type=String())(part)
    )


def _filled(part: str, text: CampaignText, values: Values, moments: MomentTexts) -> ColumnElement[Any]:
    wording = text.text.parts.get(part)
    if wording is None:
        return null()
    if not text.text.is_plain:
        return literal_column(f"by_jinja.{part}", String)
    filled = text_of(wording.pieces or (), values, moments)
    return one_line_in_sql(filled) if text.channel.part(part).one_line else filled


def _other_parts(text: CampaignText, values: Values, moments: MomentTexts) -> ColumnElement[Any]:
    """The parts of the text other than subject and body, by name; NULL if it has none. A part that lacks a value is null."""
    others = [name for name in text.text.parts if name not in COLUMNS]
    if not others:
        return null()
    if not text.text.is_plain:
        return literal_column("by_jinja.parts", JSONB)
    pairs = [item for name in others for item in (literal(name), _filled(name, text, values, moments))]
    return func.jsonb_build_object(*pairs, type_=JSONB)


def _incomplete(text: CampaignText) -> ColumnElement[bool]:
    return or_(*(_value(part).is_(None) for part in text.text.parts))


def _too_long(text: CampaignText) -> ColumnElement[Any]:
    over = [(_length(part) > text.channel.part(part).limit, part) for part in text.text.parts]
    return case(*over, else_=null())


def _length(part: str) -> ColumnElement[int]:
    return column(f"{part}_length", Integer) if part in COLUMNS else func.length(_value(part), type_=Integer)


def _missing(text: CampaignText, values: Values, moments: MomentTexts) -> ColumnElement[Any]:
    if not text.text.is_plain:
        return cast(column("missing_by_jinja"), ARRAY(Text))
    pieces = [piece for wording in text.text.parts.values() for piece in wording.pieces or ()]
    return missing_in(pieces, values, moments)
