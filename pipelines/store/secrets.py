"""The secrets of one installation: generated at the first start, in a file that only its owner can read."""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from pipelines.errors import SettingsError


def password() -> str:
    """A random password, too long to type."""
    return secrets.token_urlsafe(18)


def _fernet_key() -> str:
    """32 random bytes in URL-safe base64, the key format of the Fernet specification."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


MAKERS: dict[str, Callable[[], str]] = {
    "postgres_superuser": password,
    "db_owner": password,
    "db_app": password,
    "db_worker": password,
    "db_airflow": password,
    "address_key": lambda: secrets.token_hex(
        32
    ),  # never replace it: hashes of addresses would match nobody any more
    "unsubscribe_key": lambda: secrets.token_hex(32),
    "flask_secret_key": lambda: secrets.token_hex(32),
    "airflow_ops_password": password,
    "airflow_service_password": password,
    "airflow_secret_key": lambda: secrets.token_hex(32),
    "airflow_jwt_secret": lambda: secrets.token_hex(32),
    "airflow_fernet_key": _fernet_key,
    "reply_webhook_key": lambda: secrets.token_hex(32),
    "portal_support_password": password,
    "portal_client_password": password,
}


def load_or_create(
    home: Path, more: Mapping[str, Callable[[], str]] = MappingProxyType({})
) -> dict[str, str]:
    """Every secret of the installation in `home`, by name: those of `MAKERS`, and those that other modules declare in `more`.

    Missing secrets are generated; existing ones never change. Concurrent processes end up with the same file.
    Raises SettingsError when the file exists and cannot be read.
    """
    path = home / "secrets.json"
    known = _read(path)
    makers = {**MAKERS, **more}
    if makers.keys() <= known.keys():
        return known
    home.mkdir(parents=True, exist_ok=True)
    with (home / "secrets.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = _read(path)
        complete = {name: known.get(name) or make() for name, make in makers.items()} | known
        _replace(path, complete)
    return complete


def _read(path: Path) -> dict[str, str]:
    try:
        values = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError("secrets_unreadable", path=str(path), reason=type(error).__name__) from None
    return {str(name): str(value) for name, value in values.items()}


def _replace(path: Path, values: dict[str, str]) -> None:
    """Write a new file beside the old one and rename it: a reader sees the old file or the new one, never a part."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(values, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
