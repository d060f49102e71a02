"""`run.json` in the home: which processes this run started, on which ports. Read by the next start and by the command line."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipelines.launcher.sessions import Leader
from pipelines.settings import Settings
from pipelines.store.whole_file import replace_file

# What a start decides anew each time, and other processes have to know.
KEPT = ("portal_port", "sandbox_port", "airflow_port", "public_url")


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
        """What the last start left; None when it ended in order, or when the file says nothing."""
        try:
            found = json.loads((home / "run.json").read_text())
            return cls(
                Leader(**found["launcher"]),
                found["settings"],
                found["started_postgres"],
                [Leader(**process) for process in found["processes"]],
            )
        except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
            return None


def forget(home: Path) -> None:
    """The run ended in order."""
    (home / "run.json").unlink(missing_ok=True)


def settings_of_run(settings: Settings) -> Settings:
    """The settings with the ports that the system running in this home found free; unchanged when none runs."""
    run = Run.read(settings.home)
    if run is None or not run.launcher.alive():
        return settings
    return settings.model_copy(update={name: run.settings[name] for name in KEPT})


def kept_of(settings: Settings) -> dict[str, int | str]:
    """What of the settings in use goes into the run file."""
    return {name: getattr(settings, name) for name in KEPT}


def ports_of(settings: Settings) -> dict[str, int]:
    """The port of each service that people look at, by the service's name."""
    return {name: getattr(settings, f"{name}_port") for name in ("portal", "sandbox", "airflow")}
