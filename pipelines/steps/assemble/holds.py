"""The rows that get no message, held with the reason: no channel, no text, a missing value, a text too long (R9)."""

import json

from pipelines.domain.fields import BY_NAME
from pipelines.domain.mapping import LoadMap
from pipelines.steps.assemble.plan import Plan
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

# The reasons of sql/steps/assemble/holds.sql.
NO_CHANNEL, NO_TEXT, MISSING, TOO_LONG = "no_channel", "no_template", "missing_value", "too_long"


def hold(uow: UnitOfWork, plan: Plan, load_map: LoadMap) -> int:
    """Hold every row that has no message, with a line for each value that it lacks. Returns the number of rows."""
    held: int = uow.scalar(
        sql("steps/assemble/holds"),
        {
            "packet_id": plan.packet.id,
            "client_id": plan.packet.client_id,
            "columns": json.dumps(_columns(load_map)),
            "sentences": json.dumps(_sentences(plan, load_map)),
        },
    )
    return held


def _columns(load_map: LoadMap) -> dict[str, str]:
    """The column to look at for each reason, as the file calls it."""
    fields = load_map.fields
    moment = {
        "contact_at": fields.get("contact_at") or fields.get("contact_date", ""),
        "contact_time": fields.get("contact_time") or fields.get("contact_at", ""),
    }
    by_name = {**fields, **load_map.extras, **moment}
    by_reason = {f"{MISSING}:{name}": column for name, column in by_name.items()}
    by_reason[NO_TEXT] = fields.get("language", "")
    return {reason: column for reason, column in by_reason.items() if column}


def _sentences(plan: Plan, load_map: LoadMap) -> dict[str, str]:
    """What to tell the client for each reason. No sentence repeats a value."""
    addresses = " or ".join(channel.address_title for channel in plan.channels)
    sentences = {
        NO_CHANNEL: f"None of the campaign's rules can reach this row. Fill in {addresses} that it can be sent to.",
        NO_TEXT: f"The campaign has no text in the language of this row, and none in {plan.packet.language} to take instead.",
    }
    for channel in plan.channels:
        sentences |= {
            f"{TOO_LONG}:{channel.name}:{part.name}": (
                f"The {part.title} of this row would be {{length}} characters long, and {part.limit:,} are the most for {channel.title}. "
                "Shorten what the row puts into it."
            )
            for part in channel.parts
        }
    names = {name for text in plan.texts for name in text.text.names} | {"contact_time"}
    for name in names:
        title = f"the {BY_NAME[name].title}" if name in BY_NAME else f"“{load_map.extras.get(name, name)}”"
        sentences[f"{MISSING}:{name}"] = (
            f"The text of the message says {title}, and this row has none. Fill it in."
        )
    return sentences
