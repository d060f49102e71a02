"""The carriers: one folder each, found by scanning (`docs/adding-a-provider.md`). Shared: the files beside them."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType

from pipelines.errors import SettingsError
from pipelines.providers.carriers.account import Account
from pipelines.providers.carriers.base import Carrier
from pipelines.settings import Settings

REQUIRED = ("name", "channels", "batch_size", "account")


@cache
def carriers() -> dict[str, type[Carrier]]:
    """All carriers by name. Raises SettingsError for a folder that is not a valid carrier."""
    folders = [module.name for module in pkgutil.iter_modules(__path__) if module.ispkg]
    return carriers_in(importlib.import_module(f"{__name__}.{folder}") for folder in sorted(folders))


def carriers_in(folders: Iterable[ModuleType]) -> dict[str, type[Carrier]]:
    """The one carrier that each folder defines, by name. Raises SettingsError, which says which folder is wrong and why."""
    return {carrier.name: carrier for carrier in map(_only_carrier, folders)}


def carrier_named(name: str, settings: Settings, secrets: Mapping[str, str]) -> Carrier:
    """The carrier of that name, ready to send. `secrets` are the generated ones, for the sandbox.

    Raises SettingsError when there is no such carrier or its credentials are missing.
    """
    if name not in carriers():
        raise SettingsError("no_such_provider", provider=name, known=list(carriers()))
    return carriers()[name].configured(settings, secrets)


def carriers_of(channel: str) -> list[type[Carrier]]:
    """The carriers of a channel, ordered by name."""
    return [carrier for carrier in carriers().values() if channel in carrier.channels]


def accounts() -> list[Account]:
    """The accounts of all carriers, each once."""
    return list({carrier.account.name: carrier.account for carrier in carriers().values()}.values())


def secret_makers() -> dict[str, Callable[[], str]]:
    """Functions that generate the carriers' credentials for the sandbox, by name of the secret."""
    return {name: make for account in accounts() for name, make in account.makers.items()}


@dataclass(frozen=True, slots=True)
class SandboxSender:
    """A sender that the sandbox accepts."""

    channel: str
    provider: str
    address: str


def sandbox_senders(settings: Settings) -> list[SandboxSender]:
    """One sender for each channel that the sandbox can carry; of several providers, the first by name."""
    senders: dict[str, SandboxSender] = {}
    for carrier in carriers().values():
        if carrier.account.is_sandbox(settings):
            for channel, address in carrier.sandbox_senders.items():
                senders.setdefault(channel, SandboxSender(channel, carrier.name, address))
    return list(senders.values())


def _only_carrier(folder: ModuleType) -> type[Carrier]:
    name = folder.__name__.rpartition(".")[2]
    own: list[type[Carrier]] = [value for value in vars(folder).values() if _is_own_carrier(value, folder)]
    if len(own) != 1:
        raise _malformed(name, f"it must define exactly one Carrier, not {len(own)}")
    carrier = own[0]
    missing = sorted(carrier.__abstractmethods__) + [key for key in REQUIRED if not hasattr(carrier, key)]
    if missing:
        raise _malformed(name, f"{carrier.__name__} does not define {', '.join(missing)}")
    if carrier.name != name:
        raise _malformed(name, f"the name of {carrier.__name__} is {carrier.name!r}, not {name!r}")
    if not isinstance(carrier.channels, frozenset) or not carrier.channels or carrier.batch_size < 1:
        raise _malformed(
            name, f"{carrier.__name__} needs a frozenset of channels and a batch_size of 1 or more"
        )
    if unknown := sorted(carrier.sandbox_senders.keys() - carrier.channels):
        raise _malformed(
            name, f"{carrier.__name__} has sandbox_senders for {', '.join(unknown)}, which it does not carry"
        )
    return carrier


def _is_own_carrier(value: object, folder: ModuleType) -> bool:
    """Whether this is a Carrier defined in the folder, and not an imported base class."""
    if not inspect.isclass(value) or not issubclass(value, Carrier):
        return False
    return value.__module__ == folder.__name__ or value.__module__.startswith(f"{folder.__name__}.")


def _malformed(name: str, problem: str) -> SettingsError:
    return SettingsError("provider_malformed", folder=name, what=problem)
