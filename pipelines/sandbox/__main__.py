"""`python -m pipelines.sandbox`: the simulator as a process of its own."""

from pathlib import Path

import click

from pipelines.errors import SettingsError
from pipelines.sandbox.app import create_app
from pipelines.sandbox.config import SandboxConfig
from pipelines.sandbox.server import server
from pipelines.sandbox.services import secret_names, service_classes
from pipelines.settings import settings
from pipelines.store.secrets import load_or_create


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=int, help="The port to listen on.  [default: PACKETBOAT_SANDBOX_PORT]")
@click.option("--home", type=click.Path(path_type=Path), help="Data and secrets.  [default: PACKETBOAT_HOME]")
@click.option("--hooks", help="Where webhooks go that belong to an account: HOOKS/<service>; none without.")
def main(host: str, port: int | None, home: Path | None, hooks: str | None) -> None:
    """Answer as the real services would, and show what each person received."""
    home = home or settings().home
    try:
        secrets = load_or_create(home, also=secret_names(service_classes().values()))
        app = create_app(SandboxConfig(home / "sandbox", secrets, hooks=hooks))
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    server(app, host, port or settings().sandbox_port).run()


if __name__ == "__main__":
    main()
