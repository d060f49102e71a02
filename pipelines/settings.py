"""One object with every setting; each comes from the environment (prefix PACKETBOAT_) or from `.env`."""

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
        raise PydanticCustomError("not_web_address", "no web address")
    return value


def _is_postgresql(value: SecretStr) -> SecretStr:
    try:
        if make_url(value.get_secret_value()).drivername.startswith("postgres"):
            return value
    except ArgumentError:
        pass
    raise PydanticCustomError("not_postgresql", "no address of a database")


def _is_network(value: str) -> str:
    try:
        return str(ip_network(value))
    except ValueError:
        raise PydanticCustomError("not_network", "no network") from None


Port = Annotated[int, Field(ge=1, le=65535)]
WebAddress = Annotated[str, AfterValidator(_is_web_address)]
Network = Annotated[str, AfterValidator(_is_network)]
DatabaseAddress = Annotated[SecretStr, AfterValidator(_is_postgresql)]


class _AccountVariables(PydanticBaseSettingsSource):
    """The variables that only a provider's own file can explain, as the setting `accounts`. Later sources win."""

    def __init__(
        self, settings_cls: type[BaseSettings], sources: Sequence[PydanticBaseSettingsSource]
    ) -> None:
        super().__init__(settings_cls)
        self._sources = sources

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        prefix = PREFIX.lower()
        given = {
            name.lower().removeprefix(prefix): value
            for source in self._sources
            if isinstance(source, EnvSettingsSource)
            for name, value in source.env_vars.items()
            if name.lower().startswith(prefix) and value
        }
        accounts = {
            name: value for name, value in given.items() if name not in self.settings_cls.model_fields
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
    sandbox_host: str | None = Field(
        None, description="the machine that the sandbox runs on, as the others reach it; empty: host"
    )
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

    accounts: dict[str, SecretStr] = Field(
        default_factory=dict,
        description="what the providers' own files declare, each a variable of its own, by its name without the prefix",
    )
    mail_provider: str = Field("mailgun", description="which provider carries Packetboat's own mails")
    mail_sender: str = Field(
        "notices@packetboat.example", description="the address that Packetboat's own mails come from"
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

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The usual sources, and for `accounts` whatever variables have our prefix and are no setting of ours."""
        _ = file_secret_settings
        rest = _AccountVariables(settings_cls, [dotenv_settings, env_settings])
        return init_settings, rest, env_settings, dotenv_settings

    @property
    def secrets_file(self) -> Path:
        return self.home / "secrets.json"

    @property
    def sandbox_url(self) -> str:
        """Where the sandbox answers; a server that listens on every address is reached by loopback."""
        here = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 - compared, not bound
        return f"http://{self.sandbox_host or here}:{self.sandbox_port}"

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
        raise SettingsError("settings_wrong", problems=[*map(_problem, error.errors())]) from None
    except UnreadableSetting as error:
        name = re.findall(r'"(\w+)"', str(error))[0]
        raise SettingsError("setting_not_json", setting=variable(name)) from None


def variable(field: str) -> str:
    """The name of a setting in the environment and in `.env`."""
    return PREFIX + field.upper()


def _problem(problem: ErrorDetails) -> Sentence:
    """What is wrong with a setting, without its value: it may be a password."""
    setting = {"setting": variable(str(problem["loc"][0]))}
    if problem["type"] in _PROBLEMS:
        return _PROBLEMS[problem["type"]](setting, problem.get("ctx", {}))
    return Sentence("setting_wrong", setting | {"reason": problem["msg"]})


# By the type of pydantic's error, or of ours; the context of an error holds its limit.
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
