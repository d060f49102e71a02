"""The checks of `packetboat doctor`: each finding says what is wrong and what to do about it."""

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
from pipelines.cli.alarm_findings import client_alarms, provider_lists
from pipelines.cli.clock_findings import clocks
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

MIN_DISK = 2 * 1024**3
MAX_HEARTBEAT_AGE = timedelta(seconds=60)
RECENT_DAYS = 7  # older needs are still in the portal's list
START = "Start everything with `packetboat up`."

SWITCHED_OFF = "select name from pg_settings where name in ('fsync', 'full_page_writes') and setting = 'off'"
LOST = "A power cut can damage the database, and then messages may be lost or sent twice."

Check = Callable[[str, int], bool]


def look() -> Iterator[Finding]:
    """Every finding, the most fundamental first; nothing is created or changed."""
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
        yield from _durability(boat)
        yield from _packets(boat)
        yield _pulse(boat)
        yield from sending_findings.hold(boat)
        yield from sending_findings.senders(boat)
        yield from sending_findings.opt_outs(boat)
        yield from sending_findings.unmatched(boat)
        yield from sending_findings.refused(boat)
        yield from sending_findings.set_aside(boat)
        yield from sending_findings.breakers(boat)
        yield from sending_findings.forecasts(boat)
        yield from client_alarms(boat)
        yield from provider_lists(boat)
        if chosen.secrets_file.exists():
            yield from clocks(boat)
    yield from _services(chosen)
    if chosen.secrets_file.exists():
        yield from sending_findings.providers(chosen)
    yield _browser()


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    supported = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Finding(
        "Python",
        "ok" if supported else "wrong",
        version if supported else f"{version}; Packetboat needs 3.11 to 3.13.",
    )


def _amount(count: int) -> str:
    return f"{count / 1024**3:.1f} GB" if count >= 1024**3 else f"{count // 1024**2} MB"


def _misspelt() -> Iterator[Finding]:
    declared = [name for account in accounts() for name in account.settings]
    known = {variable(name) for name in (*Settings.model_fields, *declared)}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            yield Finding(
                "settings", "note", f"{name} is not a setting. `packetboat doctor --settings` lists them."
            )


def _disk(chosen: Settings) -> Finding:
    folder = next(path for path in (chosen.home, *chosen.home.absolute().parents) if path.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return Finding(
            "disk", "wrong", f"{folder} is not writable. Choose another folder in PACKETBOAT_HOME."
        )
    free, reserve = room.free(folder), Files(chosen).reserve
    sentence = f"{_amount(free)} free in {chosen.home}"
    if free < reserve:
        cause = f"Files are refused until {_amount(reserve)} are free"
        stops = ", and PostgreSQL stops when nothing is left" if chosen.database_url is None else ""
        return Finding("disk", "wrong", f"The disk is full: {sentence}. {cause}{stops}. Make room there.")
    if free < MIN_DISK:
        return Finding("disk", "wrong", f"{sentence}; at least 2 GB are needed. Make room there.")
    return Finding("disk", "ok", sentence)


def _secrets(chosen: Settings) -> Finding:
    path = chosen.secrets_file
    if not path.exists():
        return Finding("secrets", "note", f"{path} is created at the first start.")
    if path.stat().st_mode & 0o077:
        return Finding("secrets", "wrong", f"Other users can read {path}. Run: chmod 600 {path}")
    return Finding("secrets", "ok", f"{path}, readable only by its owner")


def _postgres(chosen: Settings) -> Finding:
    """If the embedded server is down, promise a restart only if the launcher is alive to do it."""
    try:
        return _database(packetboat_of(chosen))
    except PacketboatError as error:
        run = Run.read(chosen.home)
        if run is None or not run.launcher.alive():
            return Finding("PostgreSQL", "wrong", tell(error.sentence))
        return Finding("PostgreSQL", "wrong", f"It is down. {_restart(chosen, run, 'postgres')}")


def _database(boat: Packetboat) -> Finding:
    try:
        with boat.engine("worker").connect() as connection:
            version = connection.execute(text("show server_version")).scalar()
        current, newest = migrate.current(boat.engine("owner")), migrate.newest()
    except SQLAlchemyError as error:
        sentence = f"Packetboat cannot connect: {refusal(error)}"
        remedy = "If it is a new server, run `packetboat db upgrade`."
        return Finding("PostgreSQL", "wrong", f"{sentence} {remedy}")
    if current != newest:
        return Finding(
            "PostgreSQL",
            "wrong",
            f"The tables are at {current or 'nothing'}, the code at {newest}. Run `packetboat db upgrade`.",
        )
    return Finding("PostgreSQL", "ok", f"{version}, tables at {current}")


def _durability(boat: Packetboat) -> Iterator[Finding]:
    """The server's settings without which a power cut can damage the database."""
    with boat.engine("worker").connect() as connection:
        for name in connection.execute(text(SWITCHED_OFF)).scalars():
            remedy = f"Run `alter system set {name} = on` and `select pg_reload_conf()` on it."
            yield Finding("durability", "wrong", f"The server's {name} is off. {LOST} {remedy}")


def _packets(boat: Packetboat) -> Iterator[Finding]:
    """Recent packets that need somebody other than their client."""
    parameters = {"days": RECENT_DAYS, "for_client": sorted(FOR_CLIENT)}
    with UnitOfWork(boat.engine("app"), every_client=True) as uow:
        rows = uow.all(sql("reports/packet/needs_by_reason"), parameters)
    for row in sorted(rows, key=lambda row: RANK[row.code]):
        need = Need(row.code, row.cases)
        where = f"{counted(row.packets, 'packet')}, the latest {row.latest}"
        yield Finding("packets", "wrong", f"{tell(need.sentence)} ({where}.) {tell(need.remedy)}")
    if not rows:
        yield Finding("packets", "ok", f"None of the last {RECENT_DAYS} days needs support")


def _pulse(boat: Packetboat) -> Finding:
    """Whether the errands of every minute run: Airflow's health check may pass although it starts no tasks."""
    with boat.engine("app").connect() as connection:
        seconds = connection.execute(sql("errands/newest")).one().seconds_ago
    if seconds is None:
        return Finding("pulse", "note", "Airflow's DAG pulse has not run any errand yet.")
    if seconds < OVERDUE:
        return Finding("pulse", "ok", f"the errands of every minute, {seconds:.0f} seconds ago")
    cause = f"The errands of every minute have not run for {seconds / 60:.0f} minutes."
    remedy = (
        "Unpause the DAG pulse in Airflow if it is paused; otherwise the launcher will restart the scheduler."
    )
    return Finding("pulse", "wrong", f"{cause} {remedy}")


def _services(chosen: Settings) -> Iterator[Finding]:
    run = Run.read(chosen.home)
    if run is None and chosen.database_url is None:
        yield Finding("services", "wrong", f"Nothing has been started in {chosen.home}. {START}")
        return
    alive = run is not None and run.launcher.alive()
    if run is not None:
        yield _launcher(run)
    for name, url, works, log in _checks(chosen):
        address = urlsplit(url)
        if works(address.hostname or "", address.port or 80):
            yield Finding(name, "ok", url)
        else:
            remedy = _restart(chosen, run, log) if run and alive else START
            yield Finding(name, "wrong", f"It does not answer at {url}. {remedy}")


def _launcher(run: Run) -> Finding:
    if run.launcher.alive():
        return Finding("launcher", "ok", f"process {run.launcher.pid}, which restarts services that die")
    cause = f"It was killed (process {run.launcher.pid}), so services that die are not restarted."
    return Finding("launcher", "wrong", f"{cause} {START}")


def _restart(chosen: Settings, run: Run, log: str) -> str:
    """How the launcher, which is alive, restarts a process that is down, and what it may be waiting for."""
    restart = f"The launcher (process {run.launcher.pid}) will restart it"
    if room.nothing_left(chosen.home):
        return f"{restart} when there is room on the disk of {chosen.home}. Make room there."
    return f"{restart}; if it does not come back, look into {log_path(chosen.home, log)}."


def _checks(chosen: Settings) -> Iterator[tuple[str, str, Check, str]]:
    """Each service: its name, its address, the check that it works, and the name of its log."""
    base = f"http://{reachable_host(chosen)}"
    airflow = chosen.airflow_url or f"{base}:{chosen.airflow_port}"
    yield "portal", f"{base}:{chosen.portal_port}", partial(answers, path="/healthz"), "portal"
    if any(account.is_sandbox(chosen) for account in accounts()):
        yield "sandbox", chosen.sandbox_url, partial(answers, path="/sandbox/health"), "sandbox"
    yield "Airflow", airflow, partial(answers, path="/api/v2/monitor/health"), "airflow api-server"
    since = datetime.now(UTC) - MAX_HEARTBEAT_AGE
    for part in ("scheduler", "dag_processor"):
        name = f"airflow {part.replace('_', '-')}"
        yield name.capitalize(), airflow, partial(airflow_is_alive, part=part, since=since), name


def _browser() -> Finding:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return Finding("browser", "ok" if path else "note", path or "No Chromium: the browser tests are skipped.")
