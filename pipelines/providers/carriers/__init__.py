"""The carriers, a folder each, found by looking (`docs/adding-a-provider.md`). What they share: `base.py`, `account.py`, `reported.py`."""

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
    """Every carrier by its name. Raises SettingsError for a folder that is not one."""
    folders = [module.name for module in pkgutil.iter_modules(__path__) if module.ispkg]
    return carriers_in(importlib.import_module(f"{__name__}.{folder}") for folder in sorted(folders))


def carriers_in(folders: Iterable[ModuleType]) -> dict[str, type[Carrier]]:
    """The one carrier that each folder offers, by name. Raises SettingsError with the folder and what is wrong with it."""
    return {carrier.name: carrier for carrier in map(_only_carrier, folders)}


def carrier_named(name: str, settings: Settings, secrets: Mapping[str, str]) -> Carrier:
    """The carrier of that name, ready to send. `secrets` are the generated ones, for the sandbox.

    Raises SettingsError when there is none or it lacks credentials.
    """
    if name not in carriers():
        raise SettingsError("no_such_provider", provider=name, known=list(carriers()))
    return carriers()[name].configured(settings, secrets)


def carriers_of(channel: str) -> list[type[Carrier]]:
    """Who carries a channel, by name."""
    return [carrier for carrier in carriers().values() if channel in carrier.channels]


def accounts() -> list[Account]:
    """The accounts of all carriers, each once."""
    return list({carrier.account.name: carrier.account for carrier in carriers().values()}.values())


def secret_makers() -> dict[str, Callable[[], str]]:
    """What makes the credentials that the carriers use at the sandbox, by the name of the secret."""
    return {name: make for account in accounts() for name, make in account.makers.items()}


@dataclass(frozen=True, slots=True)
class SandboxSender:
    """A sender that the sandbox knows."""

    channel: str
    provider: str
    address: str


def sandbox_senders(settings: Settings) -> list[SandboxSender]:
    """One sender for each channel that a provider carries at the sandbox; of several providers the first by name."""
    senders: dict[str, SandboxSender] = {}
    for carrier in carriers().values():
        if carrier.account.is_sandbox(settings):
            for channel, address in carrier.sandbox_senders.items():
                senders.setdefault(channel, SandboxSender(channel, carrier.name, address))
    return list(senders.values())


def _only_carrier(folder: ModuleType) -> type[Carrier]:
    name = folder.__name__.rpartition(".")[2]
    own: list[type[Carrier]] = [thing for thing in vars(folder).values() if _is_own_carrier(thing, folder)]
    if len(own) != 1:
        raise _malformed(name, f"it must define exactly one Carrier, and defines {len(own)}")
    carrier = own[0]
    unmet = sorted(carrier.__abstractmethods__) + [key for key in REQUIRED if not hasattr(carrier, key)]
    if unmet:
        raise _malformed(name, f"{carrier.__name__} lacks {', '.join(unmet)}")
    if carrier.name != name:
        raise _malformed(name, f"{carrier.__name__} calls itself {carrier.name!r}")
    if not isinstance(carrier.channels, frozenset) or not carrier.channels or carrier.batch_size < 1:
        raise _malformed(
            name, f"{carrier.__name__} needs a frozenset of channels and a batch_size of 1 or more"
        )
    if foreign := sorted(carrier.sandbox_senders.keys() - carrier.channels):
        raise _malformed(
            name, f"{carrier.__name__} has sandbox_senders for {', '.join(foreign)}, which it does not carry"
        )
    return carrier


def _is_own_carrier(thing: object, folder: ModuleType) -> bool:
    """Whether this is a Carrier that was written in this folder, and not one that it builds on."""
    if not inspect.isclass(thing) or not issubclass(thing, Carrier):
        return False
    return thing.__module__ == folder.__name__ or thing.__module__.startswith(f"{folder.__name__}.")


def _malformed(name: str, what: str) -> SettingsError:
    return SettingsError("provider_malformed", folder=name, what=what)
