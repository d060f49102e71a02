"""`make mutants`: puts each fault into a copy of the project and runs its tests, which must fail. Exit status 1 if a fault goes unnoticed.

All runs share one PostgreSQL server, which this process keeps alive: starting one takes longer than most tests. Each run begins with a new
database, and the copies have databases of their own.
"""

import argparse
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from pipelines.settings import PROJECT
from tests.fixtures_postgres import SESSION, keep_server
from tests.house.newcomer import tree_with
from tests.mutants.faults import Fault, all_faults

SECONDS = 600  # for the tests of one fault
TESTS_FAILED = 1  # pytest's exit status; above it, the tests did not run, which proves nothing


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("areas", nargs="*", help="only the faults of these files in tests/mutants/faults")
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    arguments = parser.parse_args()
    faults = [fault for fault in all_faults() if not arguments.areas or fault.area in arguments.areas]
    began = time.monotonic()
    with keep_server(SESSION), tempfile.TemporaryDirectory(prefix="packetboat-mutants-") as folder:
        Path(folder).chmod(0o755)
        if not passes_without_faults(Path(folder), faults):
            return 2
        unnoticed = run_all(Path(folder), faults, arguments.workers)
    sys.stdout.write(
        f"{len(faults) - len(unnoticed)} of {len(faults)} faults noticed in {time.monotonic() - began:.0f} s\n"
    )
    for fault in unnoticed:
        sys.stdout.write(f"NOT NOTICED  {fault.area}: {fault.name} ({fault.file})\n")
    return 1 if unnoticed else 0


def passes_without_faults(folder: Path, faults: list[Fault]) -> bool:
    """Whether the tests pass in an unchanged copy; otherwise their failure would prove nothing."""
    tree = tree_with(folder / "unchanged")
    status, printed = run_tests(tree, sorted({test for fault in faults for test in fault.tests}))
    if status != 0:
        sys.stdout.write(f"The tests do not pass without a fault:\n{printed[-4000:]}\n")
    return status == 0


def run_all(folder: Path, faults: list[Fault], workers: int) -> list[Fault]:
    """Try every fault; returns those that no test noticed, or that could not be tried."""
    waiting: queue.SimpleQueue[Fault] = queue.SimpleQueue()
    for fault in faults:
        waiting.put(fault)
    noticed: set[Fault] = set()

    def work(number: int) -> None:
        tree = tree_with(folder / f"tree-{number}")
        while True:
            try:
                fault = waiting.get_nowait()
            except queue.Empty:
                return
            if is_noticed(tree, fault):
                noticed.add(fault)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [fault for fault in faults if fault not in noticed]


def is_noticed(tree: Path, fault: Fault) -> bool:
    """Put the fault into the tree, run its tests, and take it out again."""
    began = time.monotonic()
    try:
        fault.put_into(tree)
        status, printed = run_tests(tree, fault.tests)
    except (OSError, ValueError) as error:  # it does not fit, or its tests could not be run
        status, printed = -1, str(error)
    finally:
        shutil.copy(PROJECT / fault.file, tree / fault.file)
    verdict = {0: "NOT NOTICED", TESTS_FAILED: "noticed"}.get(status, "TESTS DID NOT RUN")
    sys.stdout.write(f"{verdict:12} {time.monotonic() - began:5.0f} s  {fault.area}: {fault.name}\n")
    if status not in {0, TESTS_FAILED}:
        sys.stdout.write(printed[-2000:] + "\n")
    sys.stdout.flush()
    return status == TESTS_FAILED


def run_tests(tree: Path, tests: list[str] | tuple[str, ...]) -> tuple[int, str]:
    """Pytest's exit status and output. The first failure ends it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--timeout=120", *tests]
    try:
        done = subprocess.run(
            command,
            cwd=tree,
            env=environment
            | {
                "PYTHONPATH": str(tree),
                "PYTEST_XDIST_TESTRUNUID": SESSION,  # the server
                "PYTEST_XDIST_WORKER": tree.name.replace("-", "_"),  # its database there
            },
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return -1, "the tests did not end"
    return done.returncode, done.stdout + done.stderr


if __name__ == "__main__":
    sys.exit(main())
