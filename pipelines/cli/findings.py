"""What `packetboat doctor` looks at: one thing after the other, each with what is wrong and what to do about it."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from pipelines.bootstrap import Packetboat, packetboat_of
from pipelines.cli import sending_findings
from pipelines.cli.finding import Finding
from pipelines.cli.tell import tell
from pipelines.domain.words import counted
from pipelines.errors import PacketboatError, SettingsError
from pipelines.launcher.health import airflow_is_alive, answers
from pipelines.launcher.ports import reachable_host
from pipelines.launcher.pulse_watch import OVERDUE
from pipelines.launcher.run_file import Run, settings_of_run
from pipelines.providers.carriers import accounts
from pipelines.reports.needs import FOR_CLIENT, RANK, Need
from pipelines.settings import PREFIX, Settings, settings, variable
from pipelines.store import migrate, room
from pipelines.store.engine import refusal
from pipelines.store.files import Files
from pipelines.store.log_file import log_path
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

ENOUGH_DISK = 2 * 1024**3
BEATS_WITHIN = timedelta(seconds=60)
LATELY_DAYS = 7  # what nobody has put right for longer, the portal's list still shows
START = "Start everything with `packetboat up`."

Works = Callable[[str, int], bool]


def look() -> Iterator[Finding]:
    """Every finding, the most fundamental first; nothing is made or changed."""
    yield _python()
    try:
        chosen = settings_of_run(settings())
    except SettingsError as error:
        yield Finding(
            "settings", "wrong", f"{tell(error.sentence)} It comes from the environment or from .env."
        )
        return
    yield from _misspelt()
    yield _disk(chosen)
    yield _secrets(chosen)
    database = _postgres(chosen)
    yield database
    if database.state == "ok":
        boat = packetboat_of(chosen)
        yield from _packets(boat)
        yield _pulse(boat)
        yield from sending_findings.senders(boat)
    yield from _services(chosen)
    if chosen.secrets_file.exists():
        yield from sending_findings.providers(chosen)
    yield _browser()


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    good = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Finding(
        "Python", "ok" if good else "wrong", version if good else f"{version}; Packetboat needs 3.11 to 3.13."
    )


def _amount(count: int) -> str:
    return f"{count / 1024**3:.1f} GB" if count >= 1024**3 else f"{count // 1024**2} MB"


def _misspelt() -> Iterator[Finding]:
    declared = [name for account in accounts() for name in account.settings]
    known = {variable(name) for name in (*Settings.model_fields, *declared)}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            yield Finding(
                "settings", "note", f"{name} is no setting. `packetboat doctor --settings` lists them."
            )


def _disk(chosen: Settings) -> Finding:
    there = next(path for path in (chosen.home, *chosen.home.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return Finding(
            "disk", "wrong", f"{there} cannot be written to. Choose another folder in PACKETBOAT_HOME."
        )
    free, reserve = room.free(there), Files(chosen).reserve
    sentence = f"{_amount(free)} free in {chosen.home}"
    if free < reserve:
        cause = f"Files are refused until {_amount(reserve)} are free"
        stops = ", and PostgreSQL stops when nothing is left" if chosen.database_url is None else ""
        return Finding("disk", "wrong", f"The disk is full: {sentence}. {cause}{stops}. Make room there.")
    if free < ENOUGH_DISK:
        return Finding("disk", "wrong", f"{sentence}; 2 GB are the least. Make room there.")
    return Finding("disk", "ok", sentence)


def _secrets(chosen: Settings) -> Finding:
    path = chosen.secrets_file
    if not path.exists():
        return Finding("secrets", "note", f"{path} is made at the first start.")
    if path.stat().st_mode & 0o077:
        return Finding("secrets", "wrong", f"Others may read {path}. Run: chmod 600 {path}")
    return Finding("secrets", "ok", f"{path}, readable by its owner alone")


def _postgres(chosen: Settings) -> Finding:
    """An embedded server that is away is said to come back only where a launcher lives that brings it."""
    try:
        return _database(packetboat_of(chosen))
    except PacketboatError as error:
        run = Run.read(chosen.home)
        if run is None or not run.launcher.alive():
            return Finding("PostgreSQL", "wrong", tell(error.sentence))
        return Finding("PostgreSQL", "wrong", f"It is down. {_brought_back(chosen, run, 'postgres')}")


def _database(boat: Packetboat) -> Finding:
    try:
        with boat.engine("worker").connect() as connection:
            version = connection.execute(text("show server_version")).scalar()
        current, newest = migrate.current(boat.engine("owner")), migrate.newest()
    except SQLAlchemyError as error:
        sentence = f"It does not let Packetboat in: {refusal(error)}"
        remedy = "When it runs there and is new, run `packetboat db upgrade`."
        return Finding("PostgreSQL", "wrong", f"{sentence} {remedy}")
    if current != newest:
        return Finding(
            "PostgreSQL",
            "wrong",
            f"The tables are at {current or 'nothing'}, the code at {newest}. Run `packetboat db upgrade`.",
        )
    return Finding("PostgreSQL", "ok", f"{version}, tables at {current}")


def _packets(boat: Packetboat) -> Iterator[Finding]:
    """What of the packets of the last days needs somebody other than their client."""
    asked = {"days": LATELY_DAYS, "for_client": sorted(FOR_CLIENT)}
    with UnitOfWork(boat.engine("app"), every_client=True) as uow:
        found = uow.all(sql("reports/packet/needs_by_reason"), asked)
    for row in sorted(found, key=lambda row: RANK[row.code]):
        need = Need(row.code, row.cases)
        where = f"{counted(row.packets, 'packet')}, the latest {row.latest}"
        yield Finding("packets", "wrong", f"{tell(need.sentence)} ({where}.) {tell(need.remedy)}")
    if not found:
        yield Finding("packets", "ok", f"None of the last {LATELY_DAYS} days needs support")


def _pulse(boat: Packetboat) -> Finding:
    """Whether the errands of every minute are run: Airflow may report, and yet start no task."""
    with boat.engine("app").connect() as connection:
        seconds = connection.execute(sql("errands/newest")).one().seconds_ago
    if seconds is None:
        return Finding("pulse", "note", "No errand of Airflow's DAG pulse was run yet.")
    if seconds < OVERDUE:
        return Finding("pulse", "ok", f"the errands of every minute, {seconds:.0f} seconds ago")
    cause = f"The errands of every minute were not run for {seconds / 60:.0f} minutes."
    remedy = "Unpause the DAG pulse in Airflow if it is paused; otherwise the launcher starts the scheduler again by itself."
    return Finding("pulse", "wrong", f"{cause} {remedy}")


def _services(chosen: Settings) -> Iterator[Finding]:
    run = Run.read(chosen.home)
    if run is None and chosen.database_url is None:
        yield Finding("services", "wrong", f"Nothing was started in {chosen.home}. {START}")
        return
    alive = run is not None and run.launcher.alive()
    if run is not None:
        yield _launcher(run)
    for name, url, works, log in _checks(chosen):
        place = urlsplit(url)
        if works(place.hostname or "", place.port or 80):
            yield Finding(name, "ok", url)
        else:
            remedy = _brought_back(chosen, run, log) if run and alive else START
            yield Finding(name, "wrong", f"It does not answer at {url}. {remedy}")


def _launcher(run: Run) -> Finding:
    if run.launcher.alive():
        return Finding("launcher", "ok", f"process {run.launcher.pid}, which starts again what dies")
    cause = f"It was killed (process {run.launcher.pid}), so nothing that dies comes back."
    return Finding("launcher", "wrong", f"{cause} {START}")


def _brought_back(chosen: Settings, run: Run, log: str) -> str:
    """What a living launcher does about a process that is down, and what that waits for."""
    who = f"The launcher (process {run.launcher.pid}) starts it again by itself"
    if room.nothing_left(chosen.home):
        return f"{who} when there is room on the disk of {chosen.home}. Make room there."
    return f"{who}; if this stays, look into {log_path(chosen.home, log)}."


def _checks(chosen: Settings) -> Iterator[tuple[str, str, Works, str]]:
    """Each service: its name, where it answers, how one sees that it works, and what its log is called."""
    here = f"http://{reachable_host(chosen)}"
    airflow = chosen.airflow_url or f"{here}:{chosen.airflow_port}"
    yield "portal", f"{here}:{chosen.portal_port}", partial(answers, path="/healthz"), "portal"
    if any(account.is_sandbox(chosen) for account in accounts()):
        yield "sandbox", chosen.sandbox_url, partial(answers, path="/sandbox/health"), "sandbox"
    yield "Airflow", airflow, partial(answers, path="/api/v2/monitor/health"), "airflow api-server"
    lately = datetime.now(UTC) - BEATS_WITHIN
    for part in ("scheduler", "dag_processor"):
        name = f"airflow {part.replace('_', '-')}"
        yield name.capitalize(), airflow, partial(airflow_is_alive, part=part, since=lately), name


def _browser() -> Finding:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return Finding(
        "browser", "ok" if found else "note", found or "No Chromium: the browser tests are skipped."
    )
