"""`python -m pipelines.sandbox`: the provider simulator as a process of its own."""

import json
from pathlib import Path

import click

from pipelines.errors import SettingsError
from pipelines.sandbox.app import create_app
from pipelines.sandbox.config import SandboxConfig
from pipelines.sandbox.server import server
from pipelines.settings import settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=int, help="The port to listen on.  [default: PACKETBOAT_SANDBOX_PORT]")
@click.option("--home", type=click.Path(path_type=Path), help="Data and secrets.  [default: PACKETBOAT_HOME]")
@click.option(
    "--secrets", "secrets_file", type=click.Path(path_type=Path), help="[default: secrets.json in home]"
)
@click.option("--mailgun-webhook", help="Where Mailgun's webhooks go; none are sent without.")
def main(
    host: str, port: int | None, home: Path | None, secrets_file: Path | None, mailgun_webhook: str | None
) -> None:
    """Answer as Twilio and Mailgun would, and show what each person received."""
    home = home or settings().home
    try:
        config = SandboxConfig.of(
            home / "sandbox", _secrets(secrets_file or home / "secrets.json"), mailgun_webhook=mailgun_webhook
        )
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    server(create_app(config), host, port or settings().sandbox_port).run()


def _secrets(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"The sandbox cannot read its secrets in {path}: {type(error).__name__}."
        ) from error
    return dict(found)


if __name__ == "__main__":
    main()
