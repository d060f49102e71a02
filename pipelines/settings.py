"""One object with every setting; each comes from the environment (prefix PACKETBOAT_) or from `.env`."""

import re
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableSetting
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from pipelines.errors import SettingsError

PROJECT = Path(__file__).resolve().parent.parent
PREFIX = "PACKETBOAT_"


def _is_web_address(value: str) -> str:
    if not re.match(r"https?://[^/]", value):
        raise ValueError("write it with http:// or https:// in front")
    return value


def _is_postgresql(value: SecretStr) -> SecretStr:
    try:
        if make_url(value.get_secret_value()).drivername.startswith("postgres"):
            return value
    except ArgumentError:
        pass
    raise ValueError("write it as postgresql://user:password@host:5432/database")


def _is_network(value: str) -> str:
    try:
        return str(ip_network(value))
    except ValueError:
        raise ValueError("write addresses, or networks such as 10.0.0.0/8") from None


Port = Annotated[int, Field(ge=1, le=65535)]
WebAddress = Annotated[str, AfterValidator(_is_web_address)]
Network = Annotated[str, AfterValidator(_is_network)]
DatabaseAddress = Annotated[SecretStr, AfterValidator(_is_postgresql)]


class Settings(BaseSettings):
    """Where things are and how they answer. Secrets left empty are made at the first start, in `home/secrets.json`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=PROJECT / ".env", env_ignore_empty=True, extra="ignore"
    )

    home: Path = Field(PROJECT / "var", description="data, logs, uploaded files and generated secrets")
    host: str = Field("127.0.0.1", description="the address that everything listens on")

    database_url: DatabaseAddress | None = Field(
        None,
        description="a PostgreSQL server of your own (a superuser or database owner); empty: the embedded one",
    )
    postgres_port: Port = Field(
        5499, description="the embedded server; a taken port is replaced by a free one"
    )
    portal_port: Port = Field(8070, description="the portal; a taken port is replaced by a free one")
    sandbox_port: Port = Field(8071, description="the sandbox, likewise")
    airflow_port: Port = Field(8072, description="Airflow, likewise")
    airflow_url: WebAddress | None = Field(None, description="Airflow's API; empty: on host and airflow_port")
    airflow_public_url: WebAddress | None = Field(
        None, description="Airflow in people's browsers; empty: airflow_url"
    )

    public_url: WebAddress | None = Field(
        None, description="how providers reach the portal; empty: the portal's own address"
    )
    portal_public_url: WebAddress | None = Field(
        None, description="the portal in people's browsers; empty: public_url"
    )

    trusted_proxies: list[Network] = Field(
        default_factory=list,
        description='addresses of your own proxies before the portal, whose X-Forwarded-For is believed: ["10.0.0.7"]',
    )
    connections_per_address: int = Field(
        64, gt=0, description="how many connections of one address the portal serves at once"
    )

    twilio_base_url: WebAddress | None = Field(
        None, description="empty: the sandbox; https://api.twilio.com for the real one"
    )
    twilio_account_sid: str | None = Field(None, description="for the real one")
    twilio_auth_token: SecretStr | None = Field(None, description="for the real one")
    mailgun_base_url: WebAddress | None = Field(
        None, description="empty: the sandbox; https://api.mailgun.net for the real one"
    )
    mailgun_domain: str | None = Field(None, description="for the real one")
    mailgun_api_key: SecretStr | None = Field(None, description="for the real one")
    mailgun_signing_key: SecretStr | None = Field(None, description="for the real one; proves its callbacks")

    carriers: dict[str, str] = Field(
        default_factory=dict,
        description='which provider carries a channel, where several can: {"sms": "twilio"}',
    )
    senders: dict[str, str] = Field(
        default_factory=lambda: {"sms": "+15005550006", "email": "reminders@packetboat.example"},
        description="the number or address that messages come from, per channel",
    )
    connect_timeout: float = Field(5.0, gt=0, description="seconds to reach a provider")
    call_timeout: float = Field(20.0, gt=0, description="seconds for a whole provider call, body included")

    upload_max_bytes: int = Field(200 * 1024 * 1024, gt=0, description="the largest file that is taken in")
    log_days: int = Field(
        14, ge=1, description="how long logs of packets are kept, and of unfinished ones longer"
    )
    disk_reserve_bytes: int | None = Field(
        None,
        ge=0,
        description="what an upload leaves free on the disk of home; empty: a twentieth of it, at most 1 GB",
    )
    upload_max_rows: int = Field(1_000_000, gt=0, description="the most rows of one file")

    @property
    def secrets_file(self) -> Path:
        return self.home / "secrets.json"

    @property
    def sandbox_url(self) -> str:
        """Where the sandbox answers; a server that listens on every address is reached by loopback."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 - compared, not bound
        return f"http://{host}:{self.sandbox_port}"

    @property
    def callback_base(self) -> str:
        """How providers reach our hooks: the public address, else the portal's own on this machine."""
        return (self.public_url or f"http://127.0.0.1:{self.portal_port}").rstrip("/")

    @property
    def files_dir(self) -> Path:
        """Uploaded files, named by their SHA-256."""
        return self.home / "files"


@cache
def settings() -> Settings:
    """The settings of this process, read once. Raises SettingsError with the names of the wrong ones."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(" ".join(_problems(error))) from None
    except UnreadableSetting as error:
        name = re.findall(r'"(\w+)"', str(error))[0]
        raise SettingsError(f'{variable(name)} is not readable: write JSON, as in {{"sms": "…"}}.') from None


def variable(field: str) -> str:
    """The name of a setting in the environment and in `.env`."""
    return PREFIX + field.upper()


def _problems(error: ValidationError) -> list[str]:
    """A sentence for each wrong setting, without its value: it may be a password."""
    return [
        f"{variable(str(problem['loc'][0]))}: {problem['msg'].removeprefix('Value error, ')}."
        for problem in error.errors()
    ]
