"""The configuration of a sandbox: its journal folder, the secrets of its services, the address of webhooks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """The configuration of one sandbox.

    `folder` holds the journal. `secrets` are the credentials that clients must present, each named `<service>_<credential>`.
    `hooks` is the base address of webhooks (`<hooks>/<service>`) for services whose webhook belongs to the account and not
    to the call; with None they send none. `pace` multiplies every delay after acceptance.
    """

    folder: Path
    secrets: Mapping[str, str] = field(repr=False)
    hooks: str | None = None
    pace: float = 1.0
    callbacks_at_once: int = 8

    def hook(self, service: str) -> str | None:
        """The address of a service's webhook."""
        return f"{self.hooks}/{service}" if self.hooks else None
