"""The Packetboat that commands work with."""

from pipelines.bootstrap import Packetboat, packetboat_of
from pipelines.launcher.run_file import settings_of_run
from pipelines.settings import settings


def running() -> Packetboat:
    """The Packetboat that runs in this home, on its actual ports."""
    return packetboat_of(settings_of_run(settings()))
