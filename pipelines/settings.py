"""One object with every setting; each comes from the environment (prefix PACKETBOAT_) or from `.env`."""

from functools import cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Where things are and how they answer. Secrets left empty are made at the first start, in `home/secrets.json`."""

    model_config = SettingsConfigDict(env_prefix="PACKETBOAT_", env_file=".env", extra="ignore")

    home: Path = Field(PROJECT / "var", description="data, logs, uploaded files and generated secrets")
    host: str = Field("127.0.0.1", description="the address that everything listens on")

    database_url: SecretStr | None = Field(
        None,
        description="a PostgreSQL server of your own (a superuser or database owner); empty: the embedded one",
    )
    postgres_port: int = Field(
        5499, description="the embedded server; a taken port is replaced by a free one"
    )
    portal_port: int = 8070
    sandbox_port: int = 8071
    airflow_port: int = 8072
    airflow_url: str | None = Field(None, description="Airflow's API; empty: on host and airflow_port")
    airflow_public_url: str | None = Field(
        None, description="Airflow in people's browsers; empty: airflow_url"
    )

    public_url: str | None = Field(
        None, description="how providers reach the portal; empty: the portal's own address"
    )

    twilio_base_url: str | None = Field(
        None, description="empty: the sandbox; https://api.twilio.com for the real one"
    )
    twilio_account_sid: str | None = None
    twilio_auth_token: SecretStr | None = None
    mailgun_base_url: str | None = Field(
        None, description="empty: the sandbox; https://api.mailgun.net for the real one"
    )
    mailgun_domain: str | None = None
    mailgun_api_key: SecretStr | None = None
    mailgun_signing_key: SecretStr | None = None

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

    upload_max_bytes: int = Field(200 * 1024 * 1024, description="the largest file that is taken in")
    upload_max_rows: int = 1_000_000

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
    """The settings of this process, read once."""
    return Settings()
