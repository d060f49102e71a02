"""Assemble: a message for every usable row, exactly as it will be sent, on the channel that the campaign's rules choose (R9, R19)."""

from collections.abc import Mapping

from pipelines.channels.wording import spoken
from pipelines.channels.wording.grammar import Moment
from pipelines.channels.wording.in_sql import Spoken
from pipelines.channels.wording.values import PACKET_NAMES, known_names
from pipelines.domain.campaign import Campaign, CampaignInvalid
from pipelines.domain.mapping import LoadMap
from pipelines.errors import StepFailed
from pipelines.feeds import load_maps
from pipelines.language.vocabulary import step_title
from pipelines.rules.names import names
from pipelines.steps.assemble.holds import hold
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

    Raises StepFailed for a campaign, rule or text that does not fit the file: then no row gets a message.
    """
    uow, packet = context.uow, context.packet
    if packet.load_map_id is None or packet.header is None:
        raise StepFailed("not_mapped", step=step_title("map_fields"))
    load_map = load_maps.of_packet(uow, packet.load_map_id)
    uow.execute(sql("steps/packet/set_planning"))
    moments, rows = _moments(uow, packet)
    context.progress.expect(rows)
    plan = _plan(uow, packet, load_map, moments)
    fill_by_jinja(context, plan)
    worked_out, made = write(uow, plan)
    held = hold(uow, plan, load_map) if made < worked_out else 0
    return StepResult(made + held, made, held)


def _moments(uow: UnitOfWork, packet: PacketFacts) -> tuple[list[str], int]:
    """Local times that have every date and every time of day of the packet once, and how many rows it has."""
    distinct = uow.all(sql("steps/assemble/moments"), {"packet_id": packet.id})
    days = [row.day for row in distinct if row.day]
    clocks = [f"{_ANY_DAY} {row.clock}" for row in distinct if row.clock]
    return days + clocks, max((row.rows for row in distinct), default=0)


def _plan(uow: UnitOfWork, packet: PacketFacts, load_map: LoadMap, moments: list[str]) -> Plan:
    campaign = _campaign(packet)
    header = packet.header or []
    extras = load_map.extra_positions(header)
    known = known_names((*extras, *campaign.required, *campaign.optional))
    texts = read_texts(
        uow, packet.campaign_version_id, campaign.rules, known, _filled(load_map.positions(header), extras)
    )
    used = {name for text in texts for name in text.text.names}
    used |= {name for rule in campaign.rules for name in names(rule.when)}
    return Plan(
        packet=packet,
        campaign=campaign,
        texts=texts,
        extras={name: place for name, place in extras.items() if name in used and name not in PACKET_NAMES},
        spoken=[_spoken(text, moments) for text in texts],
    )


def _campaign(packet: PacketFacts) -> Campaign:
    try:
        return Campaign.from_json(packet.campaign)
    except CampaignInvalid as wrong:
        raise StepFailed(wrong.sentence, code=wrong.code) from None


def _filled(fields: Mapping[str, int], extras: Mapping[str, int]) -> dict[str, str]:
    """A row of this file with every cell filled: what a text says beyond it, no row can fill."""
    row = dict.fromkeys([*fields, *extras, *PACKET_NAMES, "language"], "?")
    if "contact_at" in row or {"contact_date", "contact_time"} <= row.keys():
        row["contact_at"] = f"{_ANY_DAY} 12:00"
    elif "contact_date" in row:
        row["contact_at"] = _ANY_DAY
    return row


def _spoken(text: CampaignText, moments: list[str]) -> Spoken:
    pieces = [piece for wording in text.text.parts.values() for piece in wording.pieces or ()]
    words = {piece.spoken for piece in pieces if isinstance(piece, Moment)}
    return {word: spoken.table(word, moments, text.language) for word in words}
