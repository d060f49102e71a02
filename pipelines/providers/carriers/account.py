"""An account at a provider: what it takes to sign in, where that is set, and what stands in for it in the sandbox."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipelines.errors import SettingsError
from pipelines.settings import Settings, variable


@dataclass(frozen=True, slots=True)
class Credential:
    """One value that signs in or proves a callback. `make` makes the sandbox's own at the first start."""

    key: str
    meaning: str
    make: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Account:
    """Set as PACKETBOAT_<NAME>_BASE_URL and PACKETBOAT_<NAME>_<KEY>; the sandbox's credentials are secrets called <name>_<key>.

    `service` is the base address of the real provider, for people who look for what to set.
    """

    name: str
    service: str
    credentials: tuple[Credential, ...]

    @property
    def settings(self) -> dict[str, str]:
        """What each setting of this account means, by its name (without the prefix of all settings)."""
        meanings = {f"{self.name}_{one.key}": f"for the real one; {one.meaning}" for one in self.credentials}
        return {self._base_url: f"empty: the sandbox; {self.service} for the real one"} | meanings

    @property
    def makers(self) -> dict[str, Callable[[], str]]:
        """What makes the sandbox's credentials, by the name of the secret."""
        return {f"{self.name}_{one.key}": one.make for one in self.credentials}

    def base_url(self, settings: Settings) -> str:
        """Where this provider answers: as it is set, else the sandbox."""
        given = settings.accounts.get(self._base_url)
        return given.get_secret_value() if given else settings.sandbox_url

    def is_sandbox(self, settings: Settings) -> bool:
        """Whether the sandbox answers for this provider. Only then may made-up people be written to."""
        return self.base_url(settings).rstrip("/") == settings.sandbox_url

    def sign_in(self, settings: Settings, secrets: Mapping[str, str]) -> dict[str, str]:
        """The credentials by their keys: as they are set, or the generated ones.

        Raises SettingsError for half of a configuration: real messages are never sent by accident, nor test messages taken for
        real ones.
        """
        given = {one.key: settings.accounts.get(f"{self.name}_{one.key}") for one in self.credentials}
        known = {key: value.get_secret_value() for key, value in given.items() if value}
        missing = ", ".join(variable(f"{self.name}_{key}") for key in given if key not in known)
        has_address = self._base_url in settings.accounts
        if known and (missing or not has_address):
            raise SettingsError(
                "provider_half_set",
                provider=self.name,
                missing=missing or variable(self._base_url),
                prefix=variable(self.name),
            )
        if not known and self.base_url(settings).startswith("https://"):
            raise SettingsError(
                "provider_needs_credentials", setting=variable(self._base_url), missing=missing
            )
        return known or self._of_sandbox(secrets)

    def _of_sandbox(self, secrets: Mapping[str, str]) -> dict[str, str]:
        names = {one.key: f"{self.name}_{one.key}" for one in self.credentials}
        if absent := ", ".join(name for name in names.values() if name not in secrets):
            raise SettingsError("secrets_lack", secrets=absent)
        return {key: secrets[name] for key, name in names.items()}

    @property
    def _base_url(self) -> str:
        return f"{self.name}_base_url"
