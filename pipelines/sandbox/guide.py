"""How to control the sandbox, for its first page: control paths, faults, and the special addresses of each service."""

from collections.abc import Mapping
from typing import Any

from pipelines.sandbox.control import PATHS
from pipelines.sandbox.faults import Action
from pipelines.sandbox.service import Service


def guide(services: Mapping[str, Service]) -> dict[str, Any]:
    """Pairs of a name and its meaning, for each table."""
    return {
        "paths": PATHS,
        "faults": [(action.value, action.meaning) for action in Action],
        "services": [
            {
                "title": service.title,
                "special": service.special,
                "faults": [(name, fault.meaning) for name, fault in service.faults.items()],
                "fates": list(service.fates),
            }
            for service in services.values()
        ],
    }
