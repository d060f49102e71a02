"""Puts the parts together for whoever starts a process: settings, secrets, engines, logs; and runs a step with them."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TextIO
from uuid import UUID

import structlog
from sqlalchemy import URL, Engine, make_url

from pipelines import steps
from pipelines.actions import keep_house
from pipelines.actions.recount_packets import recount_packets
from pipelines.actions.relay_outbox import relay_outbox
from pipelines.actions.send_notices import send_notices as send_promised_notices
from pipelines.actions.start_again import start_again
from pipelines.domain.lanes import Lane, plan_lanes
from pipelines.errors import PacketboatError, SettingsError
from pipelines.events.apply import apply_events
from pipelines.events.inbox import forget_signatures
from pipelines.events.sweep import close_dead_calls
from pipelines.providers.airflow_api import Airflow
from pipelines.settings import Settings, settings
from pipelines.steps.journal import StepResult
from pipelines.store import secrets as secret_store
from pipelines.store.engine import Role, airflow_url, engine, role_url
from pipelines.store.postgres import EmbeddedPostgres

AIRFLOW_ACCOUNT = "packetboat"

log = structlog.get_logger()


@dataclass(frozen=True)
class Packetboat:
    """What every process of Packetboat works with. `server` is the PostgreSQL server, whoever logs in to it."""

    settings: Settings
    secrets: dict[str, str] = field(repr=False)
    server: URL = field(repr=False)
    database: str = "packetboat"

    def engine(self, role: Role, name: str = "packetboat") -> Engine:
        """The engine of this process for `role`; one of another `name` has connections of its own."""
        return engine(role_url(self.server, role, self.secrets, self.database), name)

    @property
    def airflow_url(self) -> str:
        """Where Airflow's API answers our programs."""
        return self.settings.airflow_url or f"http://{self.settings.host}:{self.settings.airflow_port}"

    @property
    def airflow_page(self) -> str:
        """Where people open Airflow in their browsers."""
        return self.settings.airflow_public_url or self.airflow_url

    @property
    def airflow_database(self) -> URL:
        """Airflow's own database, as Airflow's own role."""
        return airflow_url(self.server, self.secrets)

    def airflow(self) -> Airflow:
        """Airflow's API, as the service account that starts and clears runs."""
        return Airflow(self.airflow_url, AIRFLOW_ACCOUNT, self.secrets["airflow_service_password"])


@cache
def packetboat() -> Packetboat:
    """The Packetboat of a process that works for Airflow or is the portal; configures its logs. Raises SettingsError."""
    if structlog.is_configured():
        join_logs()
    else:
        configure_logs()
    return packetboat_of(settings())


def packetboat_of(chosen: Settings) -> Packetboat:
    """The Packetboat that these settings describe. Raises SettingsError when no database is known."""
    server = _server(chosen)
    return Packetboat(chosen, secret_store.load_or_create(chosen.home), server)


def _server(chosen: Settings) -> URL:
    """Where PostgreSQL answers: a server of one's own, else the embedded one, which somebody else has started."""
    if chosen.database_url is not None:
        return make_url(chosen.database_url.get_secret_value())
    embedded = EmbeddedPostgres(chosen.home, chosen.postgres_port).running()
    if embedded is None:
        raise SettingsError(
            f"PostgreSQL does not run in {chosen.home}. Start everything with `packetboat up`, or say in"
            " PACKETBOAT_HOME where it runs."
        )
    return embedded.url()


def run_step(
    step: str, packet_id: UUID, *, run_id: str | None = None, lane: Lane | None = None
) -> StepResult:
    """Run one step of one packet with the Packetboat of this process. See `pipelines.steps.run`."""
    boat = packetboat()
    return steps.run(
        step,
        packet_id,
        engine=boat.engine("worker"),
        settings=boat.settings,
        secrets=boat.secrets,
        run_id=run_id,
        lane=lane,
    )


def watch_packets() -> None:
    """Promise a new run to the packets that stand still, where that is safe; raise an alarm for the others."""
    boat = packetboat()
    start_again(boat.engine("worker"), boat.airflow())


def start_packets() -> None:
    """Start the runs whose start was promised and got lost."""
    boat = packetboat()
    relay_outbox(boat.engine("worker"), boat.airflow())


def send_notices() -> None:
    """Send the mails about new passwords that were promised."""
    boat = packetboat()
    send_promised_notices(boat.engine("worker"), boat.settings, boat.secrets)


def recount() -> None:
    """Recount settled packets, those that changed lately first."""
    recount_packets(packetboat().engine("worker"))


def apply_callbacks() -> None:
    """Apply the providers' callbacks that nobody has applied yet, and forget the signatures that are too old to matter."""
    engine = packetboat().engine("worker")
    apply_events(engine)
    forget_signatures(engine)


def close_calls() -> None:
    """Close the provider calls of lanes that died: what they had not begun is ready again, the rest is unknown."""
    close_dead_calls(packetboat().engine("worker"))


# What keeps the packets moving whatever died, in this order.
ERRANDS: tuple[Callable[[], None], ...] = (
    apply_callbacks,
    close_calls,
    watch_packets,
    start_packets,
    send_notices,
    recount,
)


def run_errands() -> None:
    """Run each errand, also after one that failed; then the first failure is raised."""
    failures: list[Exception] = []
    for errand in ERRANDS:
        try:
            errand()
        except Exception as error:
            log.warning("errand_failed", errand=errand.__name__, exc_info=error)
            failures.append(error)
    if failures:
        raise failures[0]


def delete_old_logs() -> None:
    """Delete the logs of tasks, DAG files and processes that are old enough."""
    boat = packetboat()
    keep_house.delete_old_logs(boat.engine("worker"), boat.settings)


def delete_unfinished_uploads() -> None:
    """Delete what killed processes left of uploads."""
    keep_house.delete_unfinished_uploads(packetboat().settings)


def delete_errand_runs() -> None:
    """Delete Airflow's old runs of the DAGs that run by the clock."""
    keep_house.delete_errand_runs(packetboat().airflow())


def forget_audit_log() -> None:
    """Delete what Airflow's audit log says of old runs by the clock."""
    keep_house.forget_audit_log(packetboat().airflow_database)


def lanes_of(packet_id: UUID) -> list[Lane]:
    """The lanes that the packet's messages need now; none when nothing is ready."""
    return plan_lanes(steps.ready_by_channel(packetboat().engine("worker"), packet_id))


def give_up(packet_id: UUID, step: str) -> None:
    """Airflow will not try this step again: stop the packet with a sentence, unless one says more already."""
    steps.give_up(packetboat().engine("worker"), packet_id, step)


def configure_logs(output: Callable[[], TextIO] = lambda: sys.stderr) -> None:
    """Static event names with the data as fields, one JSON object a line, to `output`, which is opened for the first line."""

    @cache
    def logger(*_names: str) -> structlog.PrintLogger:
        return structlog.PrintLogger(output())

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _show_sentence_only,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=logger,
    )


def join_logs() -> None:
    """Write to the log that a process has already, as Airflow's tasks do: its page then shows our lines at their own level."""
    structlog.configure(processors=[_show_sentence_only, *structlog.get_config()["processors"]])


@contextmanager
def logs_to(file: Callable[[], TextIO]) -> Iterator[None]:
    """While the block runs, log lines go to what `file` opens for the first of them: the screen is for people and for `--json`."""
    before = structlog.get_config()
    with ExitStack() as at_the_end:
        configure_logs(lambda: at_the_end.enter_context(file()))
        try:
            yield
        finally:
            structlog.configure(**before)


def _show_sentence_only(
    _logger: Any, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """An exception is logged by kind, and by its sentence only when the sentence is ours: others may quote a row (S2)."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        if isinstance(error, PacketboatError):
            event["sentence"] = error.sentence
    return event
