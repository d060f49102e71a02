"""An account at a provider: its credentials, their settings, and the generated credentials for the sandbox."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipelines.errors import SettingsError
from pipelines.settings import Settings, variable


@dataclass(frozen=True, slots=True)
class Credential:
    """One value that signs in or verifies callbacks. `make` generates the sandbox's value at the first start.

    `verifies`: the provider signs callbacks with it. While it is replaced, the setting <name>_<key>_OTHER holds the other value: callbacks that
    are signed with either are genuine.
    """

    key: str
    meaning: str
    make: Callable[[], str]
    verifies: bool = False

    @property
    def other_key(self) -> str:
        """The key of the other value while it is replaced."""
        return _other(self.key)


@dataclass(frozen=True, slots=True)
class Account:
    """Set as PACKETBOAT_<NAME>_BASE_URL and PACKETBOAT_<NAME>_<KEY>; the sandbox's credentials are secrets called <name>_<key>.

    `service` is the base address of the real provider, shown in the list of settings. `identified_by` is the key of the credential that names the
    account, so that the list of another account proves nothing.
    """

    name: str
    service: str
    credentials: tuple[Credential, ...]
    identified_by: str | None = None

    @property
    def settings(self) -> dict[str, str]:
        """What each setting of this account means, by its name without the common prefix."""
        meanings = {
            f"{self.name}_{one.key}": f"for the real service; {one.meaning}" for one in self.credentials
        }
        others = {
            f"{self.name}_{key}": "while that is replaced: its other value, with which callbacks may be signed"
            for key in self._other_keys
        }
        return (
            {self._base_url: f"empty: the sandbox; {self.service} for the real service"} | meanings | others
        )

    @property
    def makers(self) -> dict[str, Callable[[], str]]:
        """Functions that generate the sandbox's credentials, by name of the secret."""
        return {f"{self.name}_{one.key}": one.make for one in self.credentials}

    def base_url(self, settings: Settings) -> str:
        """The provider's address from the settings, else the sandbox's."""
        address = settings.accounts.get(self._base_url)
        return address.get_secret_value() if address else settings.sandbox_url

    def is_sandbox(self, settings: Settings) -> bool:
        """Whether the sandbox stands in for this provider. Only then may messages go to invented people."""
        return self.base_url(settings).rstrip("/") == settings.sandbox_url

    def sign_in(self, settings: Settings, secrets: Mapping[str, str]) -> dict[str, str]:
        """The credentials by key: from the settings, or the generated ones. One that is replaced is there with its other value, as <key>_other.

        Raises SettingsError for a partial configuration: real messages must never be sent by accident, and test messages never
        be mistaken for real ones.
        """
        keys = [one.key for one in self.credentials]
        values = {key: settings.accounts.get(f"{self.name}_{key}") for key in [*keys, *self._other_keys]}
        # A line break at the end of a file, or blanks alone, are no part of a credential.
        stripped = {key: value.get_secret_value().strip() for key, value in values.items() if value}
        configured = {key: value for key, value in stripped.items() if value}
        missing = ", ".join(variable(f"{self.name}_{key}") for key in keys if key not in configured)
        has_address = self._base_url in settings.accounts
        if configured and (missing or not has_address):
            raise SettingsError(
                "provider_half_set",
                provider=self.name,
                missing=missing or variable(self._base_url),
                prefix=variable(self.name),
            )
        if not configured and self.base_url(settings).startswith("https://"):
            raise SettingsError(
                "provider_needs_credentials", setting=variable(self._base_url), missing=missing
            )
        return configured or self._sandbox_credentials(secrets)

    @property
    def _other_keys(self) -> list[str]:
        return [one.other_key for one in self.credentials if one.verifies]

    def _sandbox_credentials(self, secrets: Mapping[str, str]) -> dict[str, str]:
        names = {one.key: f"{self.name}_{one.key}" for one in self.credentials}
        if missing := ", ".join(name for name in names.values() if name not in secrets):
            raise SettingsError("secrets_lack", secrets=missing)
        return {key: secrets[name] for key, name in names.items()}

    @property
    def _base_url(self) -> str:
        return f"{self.name}_base_url"


def values_of(credentials: Mapping[str, str], key: str) -> tuple[str, ...]:
    """The values with which callbacks may be signed: the credential, and the other one while it is replaced."""
    return tuple(credentials[name] for name in (key, _other(key)) if name in credentials)


def _other(key: str) -> str:
    return f"{key}_other"
