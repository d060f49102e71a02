"""Check: the feed's Great Expectations suite decides whether this packet may go on, and its result is kept and shown (B4)."""

import json
import math
import os
from dataclasses import asdict
from typing import Any

from pipelines.domain.fields import title_of

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # before the import, which would send usage data

import great_expectations as gx
from great_expectations import expectations as gxe
from great_expectations.core import ExpectationSuite
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.datasource.fluent.interfaces import Batch

from pipelines import clock
from pipelines.domain.campaign import Campaign, Quality
from pipelines.errors import StepFailed
from pipelines.feeds import load_maps
from pipelines.language import Sentence
from pipelines.steps.check.profile import profile
from pipelines.steps.journal import PacketFacts, StepContext, StepResult
from pipelines.store.sqlfile import sql


def run(context: StepContext) -> StepResult:
    """Check the packet's clean rows against its feed's suite.

    The result is kept in either case, with the packet's profile: shares and counts without any row's values (S2). The packet is stopped only
    beyond the feed's own thresholds.
    """
    packet = context.packet
    counts = context.uow.one(sql("steps/check/counts"), {"packet_id": packet.id})
    quality = Campaign.from_json(packet.campaign).quality_for(packet.feed_settings)
    suite = expectations(quality, counts.rows)
    results = _validate(context, suite) if counts.usable else [{"name": "usable_rows", "success": False}]
    unmet = [str(result["name"]) for result in results if not result["success"]]
    context.uow.execute(
        sql("steps/check/keep"),
        {
            "packet_id": packet.id,
            "client_id": packet.client_id,
            "suite": _suite_name(packet),
            "success": not unmet,
            "result": json.dumps(
                {
                    "rows": counts.rows,
                    "usable": counts.usable,
                    "limits": asdict(quality),
                    "expectations": results,
                    "profile": _profile(context, counts.rows),
                }
            ),
        },
    )
    stop = _stop(unmet[0], counts.rows, counts.usable, quality) if unmet else None
    return StepResult(
        counts.usable, counts.usable, 0, note=Sentence("expectations_checked", {"n": len(results)}), stop=stop
    )


def _profile(context: StepContext, rows: int) -> dict[str, Any] | None:
    """None for a packet whose columns were never mapped."""
    load_map_id = context.packet.load_map_id
    if load_map_id is None:
        return None
    load_map = load_maps.of_packet(context.uow, load_map_id)
    return profile(context.uow, context.packet.id, load_map, rows)


def expectations(quality: Quality, rows: int) -> dict[str, Any]:
    """The suite of a feed with these thresholds, for a packet of `rows`: by name, the most fundamental first."""
    min_rows = max(1, rows - math.floor(rows * quality.max_held_share + 1e-9))
    suite: dict[str, Any] = {
        "usable_rows": gxe.ExpectTableRowCountToBeBetween(min_value=min_rows),
        "reachable": gxe.ExpectColumnValuesToBeInSet(column="reachable", value_set=[True]),
    }
    for field, share in sorted(quality.min_filled.items()):
        suite[f"filled:{field}"] = gxe.ExpectColumnValuesToNotBeNull(column=field, mostly=share)
    if quality.max_past_share < 1:
        suite["not_in_the_past"] = gxe.ExpectColumnValuesToBeBetween(
            column="contact_at",
            min_value=clock.now(),
            mostly=round(1 - quality.max_past_share, 6),
        )
    return suite


def _validate(context: StepContext, by_name: dict[str, Any]) -> list[dict[str, Any]]:
    """Run the suite in the database, on a connection that sees this client alone; one summary per expectation, in order.

    Where no row may miss an expectation, the suite first asks only whether all hold, and runs again to count when they do not.
    """
    for name, expectation in by_name.items():
        expectation.meta = {"name": name}
    suite = ExpectationSuite(_suite_name(context.packet), expectations=list(by_name.values()))
    source, batch = _batch(context)
    try:
        lenient = any(getattr(expectation, "mostly", 1) < 1 for expectation in by_name.values())
        outcome = batch.validate(suite, result_format="BASIC" if lenient else "BOOLEAN_ONLY")
        if not (lenient or outcome.success):
            outcome = batch.validate(suite, result_format="BASIC")
    finally:
        source.get_engine().dispose()
    summaries = {one.expectation_config.meta["name"]: _summary(one) for one in outcome.results}
    return [summaries[name] for name in by_name]


def _summary(one: Any) -> dict[str, Any]:
    """The figures of one expectation, without a value of any row. Raises StepFailed when it could not be evaluated."""
    if any(info.get("raised_exception") for info in _infos(one.exception_info)):
        raise StepFailed("suite_broken", expectation=one.expectation_config.meta["name"])
    figures = {
        name: one.result[name]
        for name in ("element_count", "missing_count", "unexpected_count")
        if name in one.result
    }
    return {
        "name": one.expectation_config.meta["name"],
        "expectation": one.expectation_config.type,
        "success": bool(one.success),
        **figures,
    }


def _infos(info: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Great Expectations returns one such record, or one per metric, keyed by the metric's name."""
    if not info:
        return []
    return [info] if "raised_exception" in info else list(info.values())


def _batch(context: StepContext) -> tuple[Any, Batch]:
    """The packet's clean rows for Great Expectations, on a connection of its own whose options set client and packet for `row_to_check`."""
    packet = context.packet
    gx_context = gx.get_context(mode="ephemeral")
    gx_context.variables.progress_bars = ProgressBarsConfig(globally=False)
    options = f"-c packetboat.client_id={packet.client_id} -c packetboat.packet_id={packet.id}"
    source = gx_context.data_sources.add_sql(
        "packetboat",
        connection_string=context.uow.engine.url.render_as_string(hide_password=False),
        kwargs={"hide_parameters": True, "connect_args": {"options": options}},
    )
    asset = source.add_table_asset("clean rows", table_name="row_to_check", schema_name="packetboat")
    return source, asset.add_batch_definition_whole_table("packet").get_batch()


def _suite_name(packet: PacketFacts) -> str:
    return f"feed {packet.feed_id}"


def _stop(unmet: str, rows: int, usable: int, quality: Quality) -> StepFailed:
    if usable == 0:
        return StepFailed("no_usable_row", n=rows)
    kind, _, field = unmet.partition(":")
    allowed = math.floor(rows * quality.max_held_share + 1e-9)
    params = {"usable": usable, "rows": rows, "allowed": allowed, "field": title_of(field)}
    return StepFailed(Sentence(f"check_{kind}", params))
