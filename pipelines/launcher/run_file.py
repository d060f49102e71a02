"""`run.json` in the home: the processes and ports of this run. The next start and the command line read it."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipelines.launcher.sessions import Leader
from pipelines.settings import Settings
from pipelines.store.whole_file import replace_file

# Settings that each start determines and other processes need.
RUN_SETTINGS = ("portal_port", "sandbox_port", "airflow_port", "public_url")


@dataclass
class Run:
    """`launcher` is the process that watches the others; `started_postgres` says whether the server is ours to stop."""

    launcher: Leader
    settings: dict[str, int | str]
    started_postgres: bool = False
    processes: list[Leader] = field(default_factory=list)

    def write(self, home: Path) -> None:
        replace_file(home / "run.json", json.dumps(asdict(self), indent=2))

    @classmethod
    def read(cls, home: Path) -> "Run | None":
        """What the last run left; None if it stopped cleanly, or if the file is unreadable."""
        try:
            document = json.loads((home / "run.json").read_text())
            return cls(
                Leader(**document["launcher"]),
                document["settings"],
                document["started_postgres"],
                [Leader(**process) for process in document["processes"]],
            )
        except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
            return None


def forget(home: Path) -> None:
    """Remove the run file: the run stopped cleanly."""
    (home / "run.json").unlink(missing_ok=True)


def settings_of_run(settings: Settings) -> Settings:
    """The settings with the actual ports of the system that runs in this home; unchanged if none runs."""
    run = Run.read(settings.home)
    if run is None or not run.launcher.alive():
        return settings
    return settings.model_copy(update={name: run.settings[name] for name in RUN_SETTINGS})


def run_settings(settings: Settings) -> dict[str, int | str]:
    """The settings in use that belong in the run file."""
    return {name: getattr(settings, name) for name in RUN_SETTINGS}


def ports_of(settings: Settings) -> dict[str, int]:
    """The port of each service that people open, by the service's name."""
    return {name: getattr(settings, f"{name}_port") for name in ("portal", "sandbox", "airflow")}
