"""All settings in one object, read from the environment (prefix PACKETBOAT_) or from `.env`."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableSetting
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from pipelines.errors import SettingsError
from pipelines.language import Sentence

PROJECT = Path(__file__).resolve().parent.parent
PREFIX = "PACKETBOAT_"


def _is_web_address(value: str) -> str:
    if not re.match(r"https?://[^/]", value):
        raise PydanticCustomError("not_web_address", "not a web address")
    return value


def _is_postgresql(value: SecretStr) -> SecretStr:
    try:
        if make_url(value.get_secret_value()).drivername.startswith("postgres"):
            return value
    except ArgumentError:
        pass
    raise PydanticCustomError("not_postgresql", "not a database address")


def _is_network(value: str) -> str:
    try:
        return str(ip_network(value))
    except ValueError:
        raise PydanticCustomError("not_network", "not a network") from None


Port = Annotated[int, Field(ge=1, le=65535)]
WebAddress = Annotated[str, AfterValidator(_is_web_address)]
Network = Annotated[str, AfterValidator(_is_network)]
DatabaseAddress = Annotated[SecretStr, AfterValidator(_is_postgresql)]


class _AccountVariables(PydanticBaseSettingsSource):
    """Collects the variables that only a provider's own module declares into the setting `accounts`. Later sources win."""

    def __init__(
        self, settings_cls: type[BaseSettings], sources: Sequence[PydanticBaseSettingsSource]
    ) -> None:
        super().__init__(settings_cls)
        self._sources = sources

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        prefix = PREFIX.lower()
        variables = {
            name.lower().removeprefix(prefix): value
            for source in self._sources
            if isinstance(source, EnvSettingsSource)
            for name, value in source.env_vars.items()
            if name.lower().startswith(prefix) and value
        }
        accounts = {
            name: value for name, value in variables.items() if name not in self.settings_cls.model_fields
        }
        for name, value in accounts.items():
            if name.endswith("_base_url"):
                _check_account_address(name, value)
        return {"accounts": accounts} if accounts else {}


def _check_account_address(name: str, value: str) -> None:
    try:
        _is_web_address(value)
    except ValueError:
        raise SettingsError("setting_not_web_address", setting=variable(name)) from None


class Settings(BaseSettings):
    """Every setting. Secrets that are not set are generated at the first start, in `home/secrets.json`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=PROJECT / ".env", env_ignore_empty=True, extra="ignore"
    )

    home: Path = Field(
        PROJECT / "var", description="folder for data, logs, uploaded files and generated secrets"
    )
    host: str = Field("127.0.0.1", description="the address that every server listens on")

    database_url: DatabaseAddress | None = Field(
        None,
        description="your own PostgreSQL server (log in as superuser or database owner); empty: the embedded one",
    )
    postgres_port: Port = Field(
        5499, description="port of the embedded PostgreSQL; if it is taken, the next free one is used"
    )
    portal_port: Port = Field(8070, description="port of the portal, likewise")
    sandbox_port: Port = Field(8071, description="port of the sandbox, likewise")
    sandbox_host: str | None = Field(
        None, description="host name of the sandbox as other processes reach it; empty: host"
    )
    airflow_port: Port = Field(8072, description="port of Airflow, likewise")
    airflow_url: WebAddress | None = Field(
        None, description="address of Airflow's API; empty: host and airflow_port"
    )
    airflow_public_url: WebAddress | None = Field(
        None, description="address of Airflow in the browser; empty: airflow_url"
    )

    public_url: WebAddress | None = Field(
        None, description="address at which providers reach the portal; empty: the portal's own address"
    )
    portal_public_url: WebAddress | None = Field(
        None, description="address of the portal in the browser; empty: public_url"
    )

    webhooks_to_this_machine: bool = Field(
        default=False,
        description="let replies be forwarded to webhooks on this machine, also without TLS; for tests",
    )
    trusted_proxies: list[Network] = Field(
        default_factory=list,
        description='your own proxies in front of the portal, whose X-Forwarded-For is trusted, such as ["10.0.0.7"]',
    )
    connections_per_address: int = Field(
        64, gt=0, description="how many connections from one address the portal serves at once"
    )

    accounts: dict[str, SecretStr] = Field(
        default_factory=dict,
        description="settings that providers declare, each a variable of its own; keyed by name without the prefix",
    )
    mail_provider: str = Field("mailgun", description="the provider that sends Packetboat's own mails")
    mail_sender: str = Field(
        "notices@packetboat.example", description="the sender address of Packetboat's own mails"
    )
    connect_timeout: float = Field(5.0, gt=0, description="seconds allowed to connect to a provider")
    call_timeout: float = Field(
        20.0, gt=0, description="seconds allowed for a whole provider call, including the body"
    )

    upload_max_bytes: int = Field(
        200 * 1024 * 1024, gt=0, description="size limit of an uploaded file, in bytes"
    )
    log_days: int = Field(
        14, ge=1, description="days that logs of packets are kept; those of unfinished packets stay longer"
    )
    disk_reserve_bytes: int | None = Field(
        None,
        ge=0,
        description="bytes that an upload must leave free on the disk of home; empty: 5% of the disk, at most 1 GB",
    )
    upload_max_rows: int = Field(1_000_000, gt=0, description="row limit of an uploaded file")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The usual sources; variables with our prefix that name no field become `accounts`."""
        _ = file_secret_settings
        account_variables = _AccountVariables(settings_cls, [dotenv_settings, env_settings])
        return init_settings, account_variables, env_settings, dotenv_settings

    @property
    def secrets_file(self) -> Path:
        return self.home / "secrets.json"

    @property
    def sandbox_url(self) -> str:
        """The sandbox's address; a server that listens on every address is reached over loopback."""
        local = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 - compared, not bound
        return f"http://{self.sandbox_host or local}:{self.sandbox_port}"

    @property
    def callback_base(self) -> str:
        """The base address for callbacks from providers: the public one, else the portal's on this machine."""
        return (self.public_url or f"http://127.0.0.1:{self.portal_port}").rstrip("/")

    @property
    def files_dir(self) -> Path:
        """Uploaded files, named by their SHA-256."""
        return self.home / "files"


@cache
def settings() -> Settings:
    """The settings of this process, read once. Raises SettingsError, which names the invalid settings."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("settings_wrong", problems=[*map(_problem, error.errors())]) from None
    except UnreadableSetting as error:
        name = re.findall(r'"(\w+)"', str(error))[0]
        raise SettingsError("setting_not_json", setting=variable(name)) from None


def variable(field: str) -> str:
    """The name of a setting in the environment and in `.env`."""
    return PREFIX + field.upper()


def _problem(problem: ErrorDetails) -> Sentence:
    """What is wrong with a setting; never its value, which may be a password."""
    setting = {"setting": variable(str(problem["loc"][0]))}
    if problem["type"] in _PROBLEMS:
        return _PROBLEMS[problem["type"]](setting, problem.get("ctx", {}))
    return Sentence("setting_wrong", setting | {"reason": problem["msg"]})


# By the error type, pydantic's or ours; an error's context holds the limit.
_PROBLEMS: dict[str, Callable[[dict[str, Any], dict[str, Any]], Sentence]] = {
    "not_web_address": lambda setting, _: Sentence("setting_not_web_address", setting),
    "not_postgresql": lambda setting, _: Sentence("setting_not_postgresql", setting),
    "not_network": lambda setting, _: Sentence("setting_not_network", setting),
    "int_parsing": lambda setting, _: Sentence("setting_not_whole_number", setting),
    "float_parsing": lambda setting, _: Sentence("setting_not_number", setting),
    "greater_than": lambda setting, ctx: Sentence("setting_not_above", setting | {"limit": ctx["gt"]}),
    "greater_than_equal": lambda setting, ctx: Sentence("setting_too_small", setting | {"limit": ctx["ge"]}),
    "less_than_equal": lambda setting, ctx: Sentence("setting_too_large", setting | {"limit": ctx["le"]}),
}
