"""The simulated services, each a folder beside this file, found by looking (`docs/adding-a-simulated-service.md`)."""

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
    """The service in each folder of `folder`, which is `package`, by name. Raises SettingsError for a folder that is none."""
    places = sorted(place for place in folder.iterdir() if place.is_dir() and place.name not in NOT_SERVICES)
    return {place.name: _service_in(place, package) for place in places}


def open_services(config: SandboxConfig) -> dict[str, Service]:
    """Every service, ready to answer, by name. Raises SettingsError for a malformed folder and for missing secrets."""
    classes = service_classes()
    names = secret_names(classes.values())
    if missing := [name for name in names if not config.secrets.get(name)]:
        raise SettingsError("sandbox_lacks_secrets", secrets=missing)
    return {name: kind(config) for name, kind in classes.items()}


def secret_names(classes: Iterable[type[Service]]) -> list[str]:
    """The names of the secrets that the services sign their clients in with."""
    return [f"{kind.name}_{credential}" for kind in classes for credential in kind.credentials]


def check_paths(routes: Iterable[Route]) -> None:
    """Raises SettingsError when two routes answer to the same method and path: the second would never be asked."""
    served = Counter(
        f"{method} {re.sub('{[^}]*}', '{}', route.path)}"
        for route in routes
        for method in route.methods or ()
    )
    if twice := sorted(place for place, count in served.items() if count > 1):
        raise SettingsError("sandbox_paths_twice", paths=list(twice))


def _service_in(place: Path, package: str) -> type[Service]:
    if not (place / "__init__.py").exists():
        raise _malformed(place, "it has no __init__.py")
    kind = getattr(import_module(f"{package}.{place.name}"), "SERVICE", None)
    if not (isinstance(kind, type) and issubclass(kind, Service)):
        raise _malformed(place, "its __init__.py has no SERVICE = … that is a subclass of Service")
    lacking = [name for name in ATTRIBUTES if not hasattr(kind, name)] + sorted(kind.__abstractmethods__)
    if lacking:
        raise _malformed(place, f"{kind.__name__} lacks {', '.join(lacking)}")
    if kind.name != place.name:
        raise _malformed(place, f"the service calls itself {kind.name!r}")
    if flaws := _flaws(kind, place):
        raise _malformed(place, "; ".join(flaws))
    return kind


def _flaws(kind: type[Service], place: Path) -> list[str]:
    flaws = [
        f"the frame for {channel!r} needs the file {frame.template}"
        for channel, frame in kind.frames.items()
        if not (place / frame.template).exists()
    ]
    if not kind.frames:
        flaws.append("it has no frame")
    reached = {step.state for fate in kind.fates.values() for step in fate}
    if unknown := sorted(reached - kind.states.keys()):
        flaws.append(f"its states do not say how to show {', '.join(unknown)}")
    if odd := sorted({state.mark for state in kind.states.values()} - MARKS):
        flaws.append(f"there is no mark {', '.join(odd)}; there are {', '.join(sorted(MARKS))}")
    return flaws


def _malformed(place: Path, what: str) -> SettingsError:
    return SettingsError("sandbox_service_malformed", folder=place.name, what=what)
