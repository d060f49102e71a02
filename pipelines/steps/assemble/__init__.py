"""Assemble: one message per usable row, exactly as it will be sent, on the channel that the campaign's rules choose (R9, R19)."""

from collections.abc import Mapping

from pipelines.billing.charge import charge_packet
from pipelines.billing.prices import Prices
from pipelines.channels.wording import moments
from pipelines.channels.wording.grammar import Moment
from pipelines.channels.wording.in_sql import MomentTexts
from pipelines.channels.wording.values import PACKET_NAMES, allowed_names
from pipelines.domain.campaign import Campaign, CampaignInvalid
from pipelines.domain.mapping import LoadMap
from pipelines.errors import StepFailed
from pipelines.feeds import load_maps
from pipelines.language import Sentence
from pipelines.language.vocabulary import step_title
from pipelines.rules.names import names
from pipelines.steps.assemble.holds import hold
from pipelines.steps.assemble.hours import campaign_start, write_hours
from pipelines.steps.assemble.plan import Plan
from pipelines.steps.assemble.render import fill_by_jinja
from pipelines.steps.assemble.texts import CampaignText, read_texts
from pipelines.steps.assemble.write import write
from pipelines.steps.journal import PacketFacts, StepContext, StepResult
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

_ANY_DAY = "2000-01-01"


def run(context: StepContext) -> StepResult:
    """Make the messages of the packet's clean rows, and hold the rows that cannot have one.

    Raises StepFailed for a campaign, rule or text that does not fit the file: then there are no messages at all.
    """
    uow, packet = context.uow, context.packet
    if packet.load_map_id is None or packet.header is None:
        raise StepFailed("not_mapped", step=step_title("map_fields"))
    load_map = load_maps.of_packet(uow, packet.load_map_id)
    uow.execute(sql("steps/packet/set_planning"))
    local_times, rows = _local_times(uow, packet)
    context.progress.expect(rows)
    plan = _plan(uow, packet, load_map, local_times)
    _demand_prices(plan)
    fill_by_jinja(context, plan)
    start = campaign_start(plan)
    write_hours(uow, plan, start)
    rows, messages = write(uow, plan, start)
    held = hold(uow, plan, load_map) if messages < rows * len(plan.campaign.schedule.steps) else 0
    return StepResult(rows, messages, held, note=_charge(uow, plan))


def _demand_prices(plan: Plan) -> None:
    """Stop a packet that would be sent free of charge, on a channel that its price list has forgotten."""
    if plan.prices is None:
        return
    for channel in plan.channels:
        if channel.name not in plan.prices.channels:
            raise StepFailed(
                "channel_without_price", channel=channel.as_sentence, step=step_title("assemble")
            )


def _charge(uow: UnitOfWork, plan: Plan) -> Sentence | None:
    """Charge the messages. Returns why the packet waits, if it does."""
    if plan.prices is None:
        return None
    packet = plan.packet
    return charge_packet(
        uow, packet_id=packet.id, client_id=packet.client_id, feed_id=packet.feed_id, prices=plan.prices
    )


def _local_times(uow: UnitOfWork, packet: PacketFacts) -> tuple[list[str], int]:
    """Local times that contain each date and each time of day of the packet once, and the number of its rows."""
    distinct = uow.all(sql("steps/assemble/moments"), {"packet_id": packet.id})
    days = [row.day for row in distinct if row.day]
    clocks = [f"{_ANY_DAY} {row.clock}" for row in distinct if row.clock]
    return days + clocks, max((row.rows for row in distinct), default=0)


def _plan(uow: UnitOfWork, packet: PacketFacts, load_map: LoadMap, local_times: list[str]) -> Plan:
    campaign = _campaign(packet)
    header = packet.header or []
    extras = load_map.extra_positions(header)
    allowed = allowed_names((*extras, *campaign.required, *campaign.optional))
    texts = read_texts(
        uow, packet.campaign_version_id, campaign.rules, allowed, _filled(load_map.positions(header), extras)
    )
    used = {name for text in texts for name in text.text.names}
    used |= {name for rule in campaign.rules for name in names(rule.when)}
    return Plan(
        packet=packet,
        campaign=campaign,
        texts=texts,
        extras={name: place for name, place in extras.items() if name in used and name not in PACKET_NAMES},
        moments=[_moment_texts(text, local_times) for text in texts],
        anybody_forgotten=uow.scalar(sql("consent/anybody_forgotten"), {"client_id": packet.client_id}),
        time_zone=load_map.time_zone or packet.time_zone,
        prices=Prices.today(uow, packet.client_id),
    )


def _campaign(packet: PacketFacts) -> Campaign:
    try:
        return Campaign.from_json(packet.campaign)
    except CampaignInvalid as wrong:
        raise StepFailed(wrong.sentence, code=wrong.code) from None


def _filled(fields: Mapping[str, int], extras: Mapping[str, int]) -> dict[str, str]:
    """A row of this file with every cell filled: a value that it lacks, every row lacks."""
    row = dict.fromkeys([*fields, *extras, *PACKET_NAMES, "language"], "?")
    if "contact_at" in row or {"contact_date", "contact_time"} <= row.keys():
        row["contact_at"] = f"{_ANY_DAY} 12:00"
    elif "contact_date" in row:
        row["contact_at"] = _ANY_DAY
    return row


def _moment_texts(text: CampaignText, local_times: list[str]) -> MomentTexts:
    pieces = [piece for wording in text.text.parts.values() for piece in wording.pieces or ()]
    formats = {piece.format for piece in pieces if isinstance(piece, Moment)}
    return {name: moments.table(name, local_times, text.language) for name in formats}
