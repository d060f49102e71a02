"""The simulated services, one folder each beside this file, found by scanning (`docs/adding-a-simulated-service.md`)."""

import re
from collections import Counter
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from starlette.routing import Route

from pipelines.errors import SettingsError
from pipelines.sandbox.config import SandboxConfig
from pipelines.sandbox.service import MARKS, Service

HERE = Path(__file__).parent
NOT_SERVICES = frozenset({"pages", "__pycache__"})
ATTRIBUTES = ("name", "title", "credentials", "fates", "states", "frames")


def service_classes(package: str = __package__, folder: Path = HERE) -> dict[str, type[Service]]:
    """The service in each subfolder of `folder` (the package `package`), by name. Raises SettingsError for a malformed one."""
    folders = sorted(inner for inner in folder.iterdir() if inner.is_dir() and inner.name not in NOT_SERVICES)
    return {inner.name: _service_in(inner, package) for inner in folders}


def open_services(config: SandboxConfig) -> dict[str, Service]:
    """Every service, ready to answer, by name. Raises SettingsError for a malformed folder and for missing secrets."""
    classes = service_classes()
    names = secret_names(classes.values())
    if missing := [name for name in names if not config.secrets.get(name)]:
        raise SettingsError("sandbox_lacks_secrets", secrets=missing)
    return {name: kind(config) for name, kind in classes.items()}


def secret_names(classes: Iterable[type[Service]]) -> list[str]:
    """The names of the secrets with which clients of the services authenticate."""
    return [f"{kind.name}_{credential}" for kind in classes for credential in kind.credentials]


def check_paths(routes: Iterable[Route]) -> None:
    """Raise SettingsError when two routes have the same method and path: the second would never be called."""
    served = Counter(
        f"{method} {re.sub('{[^}]*}', '{}', route.path)}"
        for route in routes
        for method in route.methods or ()
    )
    if duplicates := sorted(path for path, count in served.items() if count > 1):
        raise SettingsError("sandbox_paths_twice", paths=list(duplicates))


def _service_in(folder: Path, package: str) -> type[Service]:
    if not (folder / "__init__.py").exists():
        raise _malformed(folder, "it has no __init__.py")
    kind = getattr(import_module(f"{package}.{folder.name}"), "SERVICE", None)
    if not (isinstance(kind, type) and issubclass(kind, Service)):
        raise _malformed(folder, "its __init__.py has no SERVICE = … that is a subclass of Service")
    missing = [name for name in ATTRIBUTES if not hasattr(kind, name)] + sorted(kind.__abstractmethods__)
    if missing:
        raise _malformed(folder, f"{kind.__name__} lacks {', '.join(missing)}")
    if kind.name != folder.name:
        raise _malformed(folder, f"the service is named {kind.name!r}")
    if flaws := _flaws(kind, folder):
        raise _malformed(folder, "; ".join(flaws))
    return kind


def _flaws(kind: type[Service], folder: Path) -> list[str]:
    flaws = [
        f"the frame for {channel!r} needs the file {frame.template}"
        for channel, frame in kind.frames.items()
        if not (folder / frame.template).exists()
    ]
    if not kind.frames:
        flaws.append("it has no frame")
    possible = {step.state for fate in kind.fates.values() for step in fate}
    if unknown := sorted(possible - kind.states.keys()):
        flaws.append(f"its states lack {', '.join(unknown)}")
    if wrong := sorted({state.mark for state in kind.states.values()} - MARKS):
        flaws.append(f"there is no mark {', '.join(wrong)}; allowed: {', '.join(sorted(MARKS))}")
    return flaws


def _malformed(folder: Path, what: str) -> SettingsError:
    return SettingsError("sandbox_service_malformed", folder=folder.name, what=what)
