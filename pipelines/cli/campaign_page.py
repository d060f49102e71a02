"""A campaign on a terminal, and the same as a JSON document; the changes of an import, line by line."""

import json
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.channels import title_of
from pipelines.cli.plain import plain, visible
from pipelines.cli.table import table
from pipelines.cli.tell import tell
from pipelines.cli.times import when
from pipelines.domain.campaign import Campaign
from pipelines.domain.campaign_document import Change
from pipelines.domain.fields import BY_NAME
from pipelines.language.vocabulary import Heading
from pipelines.reports.campaign import CurrentCampaign
from pipelines.rules.in_words import in_words
from pipelines.schedule.in_words import in_words as in_sentences

MAX_SHOWN = 60  # characters of a value
MAX_NAMES = 4  # names shown under which a column is found


def change_lines(changes: Iterable[Change]) -> Iterator[str]:
    """A line for each change: its path, the old and the new value. None for a new campaign."""
    for change in changes:
        if change.path and change.path[0] == "campaign":
            return
        place = ", ".join(f"number {step + 1}" if isinstance(step, int) else step for step in change.path)
        if change.before is None:
            yield f"+ {place}: {_short(change.after)}"
        elif change.after is None:
            yield f"- {place}: {_short(change.before)}"
        else:
            yield f"~ {place}: {_short(change.before)} → {_short(change.after)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"


def campaign_json(now: CurrentCampaign) -> dict[str, Any]:
    """A campaign as a JSON document: its version, its columns, its rules in words, and the document itself."""
    campaign = Campaign.from_json(now.document.details)
    return {
        "state": now.state,
        "version": now.version,
        "changed_at": now.created_at,
        "changed_by": now.created_by,
        "columns": [
            {"field": name, "needed": needed, "names": names} for name, needed, names in _columns(campaign)
        ],
        "rules": [
            {"name": rule.name, "when": in_words(rule.when), "send": rule.send} for rule in campaign.rules
        ],
        "channels": list(campaign.channels),
        "when": [tell(sentence) for sentence in in_sentences(campaign)],
        "document": now.document.as_json(),
    }


def show_page(now: CurrentCampaign) -> None:
    """Print the columns that a file needs, the rules that choose the channel, and the texts."""
    console, campaign = Console(highlight=False, soft_wrap=True), Campaign.from_json(now.document.details)
    title = (
        f"{now.document.name} ({now.document.slug}): {now.state}, version {now.version} of"
        f" {when(now.created_at)} by {now.created_by}"
    )
    console.print(plain(title, style="bold"))
    console.print("\nA file needs the mobile number or the e-mail address of each person, and:")
    for name, needed, names in _columns(campaign):
        known = f"found by itself under {', '.join(names)} …" if names else "a column of this name"
        console.print(plain(f"  {name:<14} {'in each row' if needed else 'if it has it'}; {known}"))
    console.print("\nThe first rule that holds, and whose channel reaches the person, chooses the channel:")
    for number, rule in enumerate(campaign.rules, 1):
        sentence = (
            f"  {number}. “{rule.name}”: when {in_words(rule.when)}, send by {tell(title_of(rule.send))}."
        )
        console.print(plain(sentence))
    console.print("\nWhen:")
    for line in in_sentences(campaign):
        console.print(plain(f"  {tell(line)}"))
    console.print(f"\n{_until(campaign)}\n")
    Console().print(_texts(now))


def _columns(campaign: Campaign) -> Iterator[tuple[str, bool, list[str]]]:
    """Each declared field or column, whether every row needs it, and some names that it is found under."""
    for name in (*campaign.required, *campaign.optional):
        field = BY_NAME.get(name)
        yield name, name in campaign.required, list(field.synonyms["en"][:MAX_NAMES]) if field else []


def _until(campaign: Campaign) -> str:
    minutes = campaign.minutes_before_contact
    when = f"{minutes:,} minutes before the appointment" if minutes else "by the time of the appointment"
    hours = (campaign.life or campaign.life_of_type) // timedelta(hours=1)
    if campaign.life:
        when += f" or within {hours:,} hours"
    elif not campaign.schedule.steps[0].is_relative:
        when += f", or without one ahead within {hours:,} hours,"
    return f"A message that could not be sent {when} is not sent at all."


def _texts(now: CurrentCampaign) -> Table:
    listed = table(Heading.TEXTS, Heading.LANGUAGE, Heading.VERSION, Heading.BEGINS)
    for kept in now.texts:
        begins = kept.text.body.splitlines()[0] if kept.text.body.strip() else ""
        listed.add_row(
            tell(title_of(kept.text.channel)),
            kept.text.language,
            str(kept.version),
            Text(visible(begins), overflow="ellipsis", no_wrap=True),
        )
    return listed
