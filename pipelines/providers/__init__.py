"""One file per provider: what it differs in; base.py owns classes of answers and logging, wire.py the HTTP."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache
from types import ModuleType

from pipelines.errors import SettingsError
from pipelines.providers.base import Provider
from pipelines.settings import Settings

# What the providers stand on, and the door to Airflow's own API: these carry no messages.
NOT_CARRIERS = frozenset({"base", "wire", "guarded", "watchdog", "airflow_api", "reported"})


@cache
def providers() -> dict[str, type[Provider]]:
    """Every provider in this folder by its name. Raises SettingsError for a file that is not one."""
    found = pkgutil.iter_modules(__path__)
    return carriers(
        importlib.import_module(f"{__name__}.{m.name}") for m in found if m.name not in NOT_CARRIERS
    )


def carriers(modules: Iterable[ModuleType]) -> dict[str, type[Provider]]:
    """The one provider in each module, by name. Raises SettingsError with the file and what is wrong with it."""
    known: dict[str, type[Provider]] = {}
    for module in modules:
        provider = _only_provider(module)
        if provider.name in known:
            raise _malformed(module, f"the name {provider.name!r} is taken by another file")
        known[provider.name] = provider
    return known


def provider_named(name: str, settings: Settings, secrets: Mapping[str, str]) -> Provider:
    """The provider of that name, ready to send. Raises SettingsError when there is none or it lacks credentials."""
    if name not in providers():
        raise SettingsError(f"There is no provider {name!r}; there are {', '.join(sorted(providers()))}.")
    return providers()[name].configured(settings, secrets)


def provider_for(channel: str, settings: Settings, secrets: Mapping[str, str]) -> Provider:
    """The provider that carries `channel`, ready to send.

    `secrets` are the generated ones, for the sandbox. Raises SettingsError when nobody carries the channel, several
    do and the settings do not say which, or credentials are missing.
    """
    able = sorted(name for name, provider in providers().items() if channel in provider.channels)
    chosen = settings.carriers.get(channel)
    if chosen is None and len(able) == 1:
        chosen = able[0]
    if chosen not in able:
        raise SettingsError(
            f"Say in PACKETBOAT_CARRIERS who carries {channel!r}: {', '.join(able)}."
            if able
            else f"No provider carries the channel {channel!r}."
        )
    return provider_named(chosen, settings, secrets)


def _only_provider(module: ModuleType) -> type[Provider]:
    own = [
        thing
        for thing in vars(module).values()
        if inspect.isclass(thing) and issubclass(thing, Provider) and thing.__module__ == module.__name__
    ]
    if len(own) != 1:
        raise _malformed(module, f"it must define exactly one Provider, and defines {len(own)}")
    provider = own[0]
    unmet = sorted(provider.__abstractmethods__)
    unmet += [name for name in ("name", "channels", "batch_size") if not hasattr(provider, name)]
    if unmet:
        raise _malformed(module, f"{provider.__name__} lacks {', '.join(unmet)}")
    if not isinstance(provider.channels, frozenset) or not provider.channels or provider.batch_size < 1:
        raise _malformed(
            module, f"{provider.__name__} needs a frozenset of channels and a batch_size of 1 or more"
        )
    return provider


def _malformed(module: ModuleType, what: str) -> SettingsError:
    return SettingsError(f"The provider file {module.__name__.rpartition('.')[2]}.py cannot be used: {what}.")
