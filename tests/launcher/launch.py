"""A launcher in a separate process: `python -m tests.launcher.launch HOME SERVICES PORT` starts, prints one line of JSON and keeps running.

`PORT` is where the search for free ports starts, so that parallel tests do not collide.
"""

import json
import sys
from pathlib import Path

from pipelines.launcher.system import running_system
from pipelines.settings import Settings


def settings_for(home: Path, port: int) -> Settings:
    ports = dict(
        zip(
            ("portal_port", "sandbox_port", "airflow_port", "postgres_port"),
            range(port, port + 40, 10),
            strict=True,
        )
    )
    return Settings(_env_file=None, home=home, **ports)


def main(home: str, services: str, port: str) -> None:
    chosen = {name for name in services.split(",") if name}
    with running_system(settings_for(Path(home), int(port)), services=chosen) as system:
        pids = {leader.name: leader.pid for leader in system.processes}
        sys.stdout.write(json.dumps({"urls": system.urls, "pids": pids}) + "\n")
        sys.stdout.flush()
        system.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
