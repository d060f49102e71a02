"""`packetboat doctor`: what is there, what is wrong, and what to do about it."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from pipelines.bootstrap import Packetboat, packetboat
from pipelines.errors import PacketboatError
from pipelines.launcher.health import answers
from pipelines.launcher.run_file import settings_of_run
from pipelines.settings import Settings, settings
from pipelines.store import migrate

ENOUGH_DISK = 2 * 1024**3


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `state` is ok, note (nothing wrong, worth knowing) or wrong."""

    matter: str
    state: str
    sentence: str


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON list, for programs.")
def doctor(as_json: bool) -> None:
    """Look at everything that Packetboat needs. Exit code 1 when something is wrong."""
    findings = list(_look())
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings]))
    else:
        _show(findings)
    if any(finding.state == "wrong" for finding in findings):
        sys.exit(1)


def _look() -> Iterator[Finding]:
    yield _python()
    chosen = settings_of_run(settings())
    yield _disk(chosen)
    yield _secrets(chosen)
    try:
        boat = packetboat()
    except PacketboatError as error:
        yield Finding("PostgreSQL", "wrong", error.sentence)
    else:
        yield _database(boat)
    for name, port, path in (
        ("portal", chosen.portal_port, "/healthz"),
        ("sandbox", chosen.sandbox_port, "/"),
        ("Airflow", chosen.airflow_port, "/api/v2/monitor/health"),
    ):
        yield _service(name, chosen.host, port, path)
    yield from _providers(chosen)
    yield _browser()


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    good = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Finding(
        "Python", "ok" if good else "wrong", version if good else f"{version}; Packetboat needs 3.11 to 3.13."
    )


def _disk(chosen: Settings) -> Finding:
    chosen.home.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(chosen.home).free
    sentence = f"{free / 1024**3:.1f} GB free in {chosen.home}"
    return Finding(
        "disk",
        "ok" if free >= ENOUGH_DISK else "wrong",
        sentence if free >= ENOUGH_DISK else f"{sentence}; 2 GB are the least.",
    )


def _secrets(chosen: Settings) -> Finding:
    path = chosen.secrets_file
    if not path.exists():
        return Finding("secrets", "note", f"{path} is made at the first start.")
    if path.stat().st_mode & 0o077:
        return Finding("secrets", "wrong", f"Others may read {path}. Run: chmod 600 {path}")
    return Finding("secrets", "ok", f"{path}, readable by its owner alone")


def _database(boat: Packetboat) -> Finding:
    try:
        with boat.engine("worker").connect() as connection:
            version = connection.execute(text("show server_version")).scalar()
        current, newest = migrate.current(boat.engine("owner")), migrate.newest()
    except SQLAlchemyError as error:
        return Finding(
            "PostgreSQL",
            "wrong",
            f"It does not let Packetboat in ({type(error).__name__}). Run `packetboat db upgrade`.",
        )
    if current != newest:
        return Finding(
            "PostgreSQL",
            "wrong",
            f"The tables are at {current}, the code at {newest}. Run `packetboat db upgrade`.",
        )
    return Finding("PostgreSQL", "ok", f"{version}, tables at {current}")


def _service(name: str, host: str, port: int, path: str) -> Finding:
    url = f"http://{host}:{port}"
    if answers(host, port, path):
        return Finding(name, "ok", url)
    return Finding(name, "wrong", f"Nothing answers at {url}. Start everything with `packetboat up`.")


def _providers(chosen: Settings) -> Iterator[Finding]:
    checks: tuple[tuple[str, str | None, Callable[[], bool]], ...] = (
        (
            "Twilio",
            chosen.twilio_base_url,
            lambda: bool(chosen.twilio_account_sid and chosen.twilio_auth_token),
        ),
        ("Mailgun", chosen.mailgun_base_url, lambda: bool(chosen.mailgun_domain and chosen.mailgun_api_key)),
    )
    for name, url, has_credentials in checks:
        if url is None:
            yield Finding(name, "note", "The sandbox answers for it; nobody is really messaged.")
        elif has_credentials():
            yield Finding(name, "ok", f"{url}, with credentials of your own")
        else:
            yield Finding(
                name,
                "wrong",
                f"{url} is set, its credentials are not. Set PACKETBOAT_{name.upper()}_… or unset the address.",
            )


def _browser() -> Finding:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return Finding(
        "browser", "ok" if found else "note", found or "No Chromium: the browser tests are skipped."
    )


def _show(findings: list[Finding]) -> None:
    marks = {"ok": "[green]✓", "note": "[blue]·", "wrong": "[red]✗"}
    table = Table(box=None, show_header=False)
    for finding in findings:
        table.add_row(marks[finding.state], finding.matter, finding.sentence)
    Console().print(table)
