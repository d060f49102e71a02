"""A copy of the project in which a newcomer has added the samples, and what they run in it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from pipelines.settings import PROJECT
from tests.fixtures_postgres import SESSION

SAMPLES = Path(__file__).parent / "samples"
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "var", "build", "__pycache__", ".*_cache", ".hypothesis")


def new_files(sample: str) -> list[Path]:
    """The files of a sample, relative to the root of the project."""
    folder = SAMPLES / sample
    return [
        file.relative_to(folder)
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    ]


def tree_with(folder: Path, *samples: str) -> Path:
    """Copy the project into `folder` and add the samples. Fails if one of them replaces a file."""
    shutil.copytree(PROJECT, folder, ignore=NOT_COPIED, dirs_exist_ok=True)
    for sample in samples:
        for file in new_files(sample):
            assert not (folder / file).exists(), f"{file} is not a new file"
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(SAMPLES / sample / file, folder / file)
    return folder


def run(tree: Path, *command: str | Path, seconds: int) -> str:
    """What the command prints in that tree; fails unless it succeeds. Its tests share the PostgreSQL server of this run."""
    environment = os.environ | {
        "PYTHONPATH": str(tree),
        "PACKETBOAT_SANDBOX_PORT": "9",  # a newcomer's shell may have settings of its own
        "PYTEST_XDIST_TESTRUNUID": os.environ.get("PYTEST_XDIST_TESTRUNUID", SESSION),
        "PYTEST_XDIST_WORKER": f"newcomer_{os.getpid()}",
    }
    done = subprocess.run(
        command,
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    return done.stdout


def tool(name: str) -> Path:
    """A program that is installed beside this Python."""
    return Path(sys.executable).parent / name
