"""`packetboat doctor`: what works, what is wrong, and what to do about it."""

import json
from dataclasses import asdict
from typing import Any

import click
from pydantic import SecretStr
from rich.console import Console
from rich.markup import escape

from pipelines.cli.exits import exit_needs_attention
from pipelines.cli.finding import Finding
from pipelines.cli.findings import look
from pipelines.cli.options import as_json
from pipelines.launcher.environment import as_text
from pipelines.providers.carriers import accounts
from pipelines.settings import Settings, settings, variable

MARKS = {"ok": "[green]✓[/]", "note": "[blue]·[/]", "wrong": "[red]✗[/]"}


@click.command()
@click.option(
    "--settings", "list_settings", is_flag=True, help="List the settings with their current values."
)
@as_json
def doctor(list_settings: bool, as_json: bool) -> None:
    """Say what is wrong and what to do. Exit code 3 if anything is wrong."""
    if list_settings:
        _list_settings(as_json)
        return
    findings = list(look())
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings]))
    else:
        _show(findings)
    if any(finding.state == "wrong" for finding in findings):
        exit_needs_attention()


def _show(findings: list[Finding]) -> None:
    """Print one line per finding, not wrapped, so that commands and paths can be copied."""
    console, widest = Console(highlight=False, soft_wrap=True), max(len(f.matter) for f in findings)
    for finding in findings:
        console.print(f"{MARKS[finding.state]} {finding.matter:<{widest}}  {escape(finding.sentence)}")


def _list_settings(as_json: bool) -> None:
    """Print the settings in the format of `.env`; of a secret, only that it is set."""
    chosen = settings()
    own = [
        (name, getattr(chosen, name), field.description)
        for name, field in Settings.model_fields.items()
        if name != "accounts"
    ]
    declared = [
        (name, chosen.accounts.get(name), meaning)
        for account in accounts()
        for name, meaning in account.settings.items()
    ]
    listed = [
        {"name": variable(name), "value": shown(value), "meaning": meaning}
        for name, value, meaning in (*own, *declared)
    ]
    if as_json:
        click.echo(json.dumps(listed))
        return
    for setting in listed:
        click.echo(f"# {setting['meaning']}\n{setting['name']}={setting['value']}")


def shown(value: Any) -> str:
    """A value in the format of `.env`; of a secret, only that it is set."""
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return "(set)"
    return as_text(value)
