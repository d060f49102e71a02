"""The rows that get no message, held with the reason: no channel, no text, a missing value, a text too long (R9)."""

import json
from collections.abc import Mapping
from typing import Any

from pipelines.domain.fields import BY_NAME, title_of
from pipelines.domain.mapping import LoadMap
from pipelines.language import Sentence
from pipelines.steps.assemble.plan import Plan
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

# The reasons of sql/steps/assemble/holds.sql.
NO_CHANNEL, NO_TEXT, MISSING, TOO_LONG = "no_channel", "no_template", "missing_value", "too_long"
COUNTRY = "country_not_allowed"
CODES = (
    NO_CHANNEL,
    COUNTRY,
    NO_TEXT,
    MISSING,
    TOO_LONG,
    "subject_too_long",
)  # of the rows that this step holds


def hold(uow: UnitOfWork, plan: Plan, load_map: LoadMap) -> int:
    """Hold every row that has no message, with one held_row per value that it lacks. Returns the number of rows."""
    held: int = uow.scalar(
        sql("steps/assemble/holds"),
        {
            "packet_id": plan.packet.id,
            "client_id": plan.packet.client_id,
            "columns": json.dumps(_columns(load_map)),
            "params": json.dumps(_params(plan, load_map), default=Sentence.to_json),
        },
    )
    return held


def _columns(load_map: LoadMap) -> dict[str, str]:
    """The column to look at for each reason, by its name in the file."""
    fields = load_map.fields
    moment = {
        "contact_at": fields.get("contact_at") or fields.get("contact_date", ""),
        "contact_time": fields.get("contact_time") or fields.get("contact_at", ""),
    }
    by_name = {**fields, **load_map.extras, **moment}
    by_reason = {f"{MISSING}:{name}": column for name, column in by_name.items()}
    by_reason[NO_TEXT] = fields.get("language", "")
    by_reason[COUNTRY] = fields.get("phone", "")
    return {reason: column for reason, column in by_reason.items() if column}


def _params(plan: Plan, load_map: LoadMap) -> dict[str, Mapping[str, Any]]:
    """The params of each reason's sentence. They contain no values of rows."""
    addresses = dict.fromkeys(channel.address for channel in plan.channels)
    params: dict[str, Mapping[str, Any]] = {
        NO_CHANNEL: {"addresses": [title_of(address) for address in addresses]},
        COUNTRY: {},
        NO_TEXT: {"language": plan.packet.language},
    }
    for channel in plan.channels:
        for part in channel.parts:
            params[f"{TOO_LONG}:{channel.name}:{part.name}"] = {
                "part": part.as_sentence,
                "max": part.limit,
                "channel": channel.as_sentence,
            }
    names = {name for text in plan.texts for name in text.text.names} | {"contact_at", "contact_time"}
    for name in names:
        title = title_of(name) if name in BY_NAME else load_map.extras.get(name, name)
        params[f"{MISSING}:{name}"] = {"value": title}
    return params
