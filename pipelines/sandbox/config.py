"""What a sandbox needs to know: whose requests it answers, where it keeps its journal, where webhooks go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pipelines.errors import SettingsError

SECRETS = (
    "twilio_account_sid",
    "twilio_auth_token",
    "mailgun_domain",
    "mailgun_api_key",
    "mailgun_signing_key",
)


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """`folder` holds the journal. Delays are seconds after acceptance; `mailgun_webhook` is set per domain at Mailgun."""

    folder: Path
    twilio_account_sid: str
    twilio_auth_token: str = field(repr=False)
    mailgun_domain: str
    mailgun_api_key: str = field(repr=False)
    mailgun_signing_key: str = field(repr=False)
    mailgun_webhook: str | None = None
    sent_after: float = 0.3
    delivered_after: float = 0.9
    callbacks_at_once: int = 8

    @classmethod
    def of(cls, folder: Path, secrets: Mapping[str, str], *, mailgun_webhook: str | None = None) -> Self:
        """Raises SettingsError when a secret is missing."""
        missing = [name for name in SECRETS if not secrets.get(name)]
        if missing:
            raise SettingsError(f"The sandbox cannot start: the secrets lack {', '.join(missing)}.")
        return cls(
            folder=folder,
            twilio_account_sid=secrets["twilio_account_sid"],
            twilio_auth_token=secrets["twilio_auth_token"],
            mailgun_domain=secrets["mailgun_domain"],
            mailgun_api_key=secrets["mailgun_api_key"],
            mailgun_signing_key=secrets["mailgun_signing_key"],
            mailgun_webhook=mailgun_webhook,
        )
