"""`python -m pipelines.sandbox` runs the simulator as a process."""

from pathlib import Path

import click

from pipelines.bootstrap import secrets_of
from pipelines.errors import SettingsError
from pipelines.sandbox.app import create_app
from pipelines.sandbox.config import SandboxConfig
from pipelines.sandbox.server import server
from pipelines.sandbox.services import secret_names, service_classes
from pipelines.settings import settings
from pipelines.store.secrets import load_or_create, password


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=int, help="The port to listen on.  [default: PACKETBOAT_SANDBOX_PORT]")
@click.option("--home", type=click.Path(path_type=Path), help="Data and secrets.  [default: PACKETBOAT_HOME]")
@click.option(
    "--hooks", help="The base URL of account webhooks: they go to HOOKS/<service>. Without it, none are sent."
)
def main(host: str, port: int | None, home: Path | None, hooks: str | None) -> None:
    """Answer as the real services would, and show what each person received."""
    home = home or settings().home
    try:
        secrets = _secrets(home)
        app = create_app(SandboxConfig(home / "sandbox", secrets, hooks=hooks))
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    server(app, host, port or settings().sandbox_port).run()


def _secrets(home: Path) -> dict[str, str]:
    """Those of the installation; a password for each secret of a service that no provider declares."""
    secrets_of(settings().model_copy(update={"home": home}))
    return load_or_create(home, dict.fromkeys(secret_names(service_classes().values()), password))


if __name__ == "__main__":
    main()
