"""Starts everything besides PostgreSQL, in the order that is fastest on a small machine."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from pipelines.language import Sentence
from pipelines.launcher.child import Child
from pipelines.launcher.database import Database
from pipelines.launcher.environment import airflow_environment, process_environment, with_airflow_config
from pipelines.launcher.preparation import (
    Errands,
    PortalErrand,
    database_identity,
    prepare_airflow,
    write_passwords,
)
from pipelines.launcher.services import (
    AIRFLOW,
    PORTAL,
    SANDBOX,
    airflow_services,
    portal_service,
    sandbox_service,
)
from pipelines.launcher.stages import Stages
from pipelines.launcher.supervisor import Supervisor
from pipelines.settings import PROJECT, Settings


def start_services(
    settings: Settings,
    secrets: Mapping[str, str],
    database: Database,
    supervisor: Supervisor,
    stages: Stages,
    services: Collection[str],
    extra_dag_folders: Sequence[Path],
) -> None:
    """Prepare what `services` need, start them in parallel, and return when all of them work."""
    environment = process_environment(settings)
    airflow = with_airflow_config(environment) | airflow_environment(settings, secrets, extra_dag_folders)
    errands = Errands(settings.home)
    if AIRFLOW in services:
        write_passwords(settings.home, secrets)
        stage = Sentence("stage_airflow")
        with stages.shown(stage) as lines:
            folders = [PROJECT / "dags", PROJECT / "plugins", *extra_dag_folders]
            identity = database_identity(database.admin_dsn, "airflow")
            prepare_airflow(supervisor, errands, airflow, identity, folders)
            lines.done(stage)
    children: list[Child] = []
    if AIRFLOW in services:
        children += [supervisor.start(service) for service in airflow_services(settings, airflow)]
    if SANDBOX in services:
        children.append(supervisor.start(sandbox_service(settings, environment)))
    if PORTAL in services:
        identity = database_identity(database.admin_dsn, "packetboat")
        PortalErrand(supervisor, errands, environment, identity).finish()
        children.append(supervisor.start(portal_service(settings, environment)))
    with stages.shown(*(child.name for child in children)) as lines:
        supervisor.wait_until_working(children, lambda child: lines.done(child.name))
