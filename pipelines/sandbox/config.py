"""What a sandbox needs to know: where it keeps its journal, the secrets of its services, where webhooks go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """One sandbox.

    `folder` holds the journal. `secrets` are the credentials that clients must show, each named `<service>_<credential>`.
    `hooks` is the address under which a service finds its webhook (`<hooks>/<service>`), for services whose webhook
    belongs to the account and not to the call; None sends none. `pace` multiplies every delay after acceptance.
    """

    folder: Path
    secrets: Mapping[str, str] = field(repr=False)
    hooks: str | None = None
    pace: float = 1.0
    callbacks_at_once: int = 8

    def hook(self, service: str) -> str | None:
        """Where the webhook of a service goes."""
        return f"{self.hooks}/{service}" if self.hooks else None
