"""A packet on a terminal, and the same as a JSON document."""

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.cli.plain import plain
from pipelines.cli.table import table
from pipelines.cli.tell import tell
from pipelines.cli.watch import MARKS, timeline
from pipelines.language import Sentence
from pipelines.language.vocabulary import Heading
from pipelines.reports.billing import Bill
from pipelines.reports.marks import packet_mark
from pipelines.reports.needs import EXPLAINED_BY_PACKET
from pipelines.reports.packet import Packet, PacketPage
from pipelines.reports.packet_rows import Balance
from pipelines.reports.quality import Expectation, Profile, QualityResult


def show_page(page: PacketPage) -> None:
    """Print the steps, what needs attention, the quality check and the held rows by reason."""
    console = Console()
    facts = page.packet
    state = packet_mark(facts.state, facts.needs, facts.pauses).words
    title = f"{facts.file_name} of {facts.client}, {facts.campaign} (version {facts.campaign_version}): {tell(state)}"
    console.print(plain(title, style="bold"))
    console.print(timeline(page))
    _show_what_holds_it(console, page)
    if page.bill:
        for sentence in (page.bill.sentence, page.bill.recount, page.bill.expected, *page.bill.reasons):
            if sentence:
                console.print(plain(tell(sentence)))
    for forwards in page.forwards:
        console.print(plain(tell(forwards.sentence)))
    if page.quality:
        console.print(quality_table(page.quality))
        if page.quality.profile:
            console.print(profile_table(page.quality.profile))
    if page.reasons:
        listed = table(Heading.HELD_ROWS, Heading.WHY, Heading.CODE)
        for reason in page.reasons:
            listed.add_row(f"{reason.rows:,}", tell(reason.sentence), reason.code)
        console.print(listed)


def _show_what_holds_it(console: Console, page: PacketPage) -> None:
    """Print its pauses and breakers, when it goes on and when it will be all out, its problem and its needs."""
    facts = page.packet
    for pause in facts.pauses:
        console.print(plain(tell(pause.sentence(facts.time_zone)), style="yellow"))
    if page.goes_on:
        console.print(tell(page.goes_on))
    for breaker in page.breakers:
        words = " ".join(tell(sentence) for sentence in breaker.sentences(facts.time_zone))
        console.print(plain(words, style="yellow"))
    for sentence in page.forecast_sentences:
        console.print(plain(tell(sentence)))
    if facts.problem:
        console.print(plain(tell(facts.problem), style="red"))
    for need in facts.for_support:
        if not facts.problem or need.code not in EXPLAINED_BY_PACKET:
            console.print(plain(f"{tell(need.sentence)} {tell(need.remedy)}", style="red"))
    if any(need.is_stalled for need in facts.needs):
        console.print(f"Here: packetboat packet rerun {facts.id} --from {page.resume_from}", soft_wrap=True)


def quality_table(quality: QualityResult) -> Table:
    """Each expectation of the feed's suite: whether it is met, how many rows fail it, how many may."""
    listed = table("", Heading.QUALITY_CHECK, Heading.ROWS, "", Heading.ALLOWED)
    for one in quality.expectations:
        listed.add_row(
            Text.from_markup(MARKS["done" if one.met else "needs"]),
            tell(one.words),
            _missed(one),
            tell(one.missed_words),
            "" if one.allowed is None else f"{one.allowed:,}",
        )
    return listed


def _missed(one: Expectation) -> str:
    if one.missed is None:
        return ""
    return tell(Sentence("so_many_of", {"part": one.missed, "whole": one.rows}))


def profile_table(profile: Profile) -> Table:
    """What each field looks like in the profiled rows."""
    listed = table(
        tell(Sentence("fields_of_rows", {"n": profile.rows})),
        Heading.FILLED, Heading.DIFFERENT, Heading.CHANGED, Heading.HELD, Heading.LENGTH, Heading.SHAPES,
    )  # fmt: skip
    for one in profile.fields:
        numbers = (f"{value:,}" for value in (one.filled, one.distinct, one.changed, one.held))
        listed.add_row(tell(one.title), *numbers, one.length, "  ".join(shape for shape, _ in one.shapes))
    return listed


def packet_json(page: PacketPage) -> dict[str, object]:
    """A packet as a JSON document: facts, steps, the sum of its rows, the quality check, held rows by reason."""
    return {
        "packet": _facts(page.packet),
        "steps": [
            {
                "step": step.name,
                "state": step.tries[-1].state if step.tries else None,
                "attempt": step.attempt,
                "seconds": step.seconds,
                "rows_in": step.rows_in,
                "rows_out": step.rows_out,
                "rows_held": step.rows_held,
                "error": tell(step.error) if step.error else None,
                "lanes": [_in_words(asdict(lane), error=lane.error, note=lane.note) for lane in step.lanes],
            }
            for step in page.steps
        ],
        "balance": page.balance and _balance(page.balance),
        "quality": page.quality and _quality(page.quality),
        "held": [_in_words(asdict(reason), sentence=reason.sentence) for reason in page.reasons],
        "deliveries": [asdict(delivery) for delivery in page.deliveries],
        "forecast": page.forecast and asdict(page.forecast),
        "breakers": [asdict(breaker) for breaker in page.breakers],
        "bill": page.bill and _bill(page.bill),
        "forwards": [asdict(forwards) for forwards in page.forwards],
    }


def _bill(bill: Bill) -> dict[str, Any]:
    return asdict(bill) | {
        "reasons": [tell(reason) for reason in bill.reasons],
        "sentence": tell(bill.sentence),
        "recount": bill.recount and tell(bill.recount),
        "adds_up": bill.adds_up,
    }


def _balance(balance: Balance) -> dict[str, Any]:
    parts = [{"name": part.name, "rows": part.rows} for part in balance.parts]
    return {"rows_in": balance.rows_in, "parts": parts, "final": balance.final}


def _quality(quality: QualityResult) -> dict[str, Any]:
    facts = asdict(quality)
    facts["expectations"] = [
        _in_words(asdict(one), words=one.words, missed_words=one.missed_words) for one in quality.expectations
    ]
    if quality.profile:
        facts["profile"]["fields"] = [
            _in_words(asdict(one), title=one.title) for one in quality.profile.fields
        ]
    return facts


def _facts(packet: Packet) -> dict[str, Any]:
    facts = _in_words(asdict(packet), problem=packet.problem)
    needs = [
        {"code": need.code, "cases": need.cases, "sentence": tell(need.sentence)} for need in packet.needs
    ]
    pauses = [
        {**asdict(pause), "reason": tell(pause.reason), "code": pause.reason.code} for pause in packet.pauses
    ]
    return facts | {"pauses": pauses, "problem_code": packet.problem and packet.problem.code, "needs": needs}


def _in_words(facts: dict[str, Any], **sentences: Sentence | None) -> dict[str, Any]:
    """The facts, with these sentences replaced by their text."""
    return facts | {name: tell(sentence) if sentence else None for name, sentence in sentences.items()}
