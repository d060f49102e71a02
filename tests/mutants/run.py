"""`make mutants`: puts each fault into a copy of the project, one at a time, and runs its tests, of which one must fail.

Works area by area, and prints a line for each fault and each area: a run that was ended continues with the areas that are left. Several
copies are tried side by side. They share one PostgreSQL server, which this process keeps alive, because starting one takes longer than most
tests; each run of the tests begins with a new database of its copy. Exit status 1 if a fault goes unnoticed.
"""

import argparse
import os
import queue
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from tests.fixtures_postgres import SESSION, keep_server
from tests.house.newcomer import tree_with
from tests.mutants.faults import Fault, all_faults

SECONDS = 600  # for the tests of one fault
TESTS_FAILED = 1  # pytest's exit status, also if a fixture broke; above it, the tests did not run
FAILED_TEST = re.compile(r"^FAILED (.+?)(?: - .*)?$", re.MULTILINE)

Item = TypeVar("Item")
Result = TypeVar("Result")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("areas", nargs="*", help=f"only these of {', '.join(areas())}")
    parser.add_argument(
        "--workers", type=int, default=min(2, os.cpu_count() or 1), help="copies that are tried side by side"
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.areas) - set(areas()):
        parser.error(f"there is no area {', '.join(sorted(unknown))}")
    began = time.monotonic()
    unnoticed: list[Fault] = []
    chosen = arguments.areas or areas()
    with keep_server(SESSION), tempfile.TemporaryDirectory(prefix="packetboat-mutants-") as folder:
        Path(folder).chmod(0o755)
        trees = [tree_with(Path(folder) / f"tree-{number}") for number in range(arguments.workers)]
        for area in chosen:
            unnoticed += try_area(trees, area)
    for fault in unnoticed:
        say(f"NOT NOTICED  {fault.area}: {fault.name} ({fault.file})")
    tried = sum(fault.area in chosen for fault in all_faults())
    say(f"{tried - len(unnoticed)} of {tried} noticed in {time.monotonic() - began:.0f} s")
    return 1 if unnoticed else 0


def areas() -> list[str]:
    """The areas that have faults, in their order."""
    return list(dict.fromkeys(fault.area for fault in all_faults()))


def try_area(trees: Sequence[Path], area: str) -> list[Fault]:
    """Try the faults of an area; returns those that no test noticed, or that could not be tried."""
    began = time.monotonic()
    faults = [fault for fault in all_faults() if fault.area == area]
    unnoticed = faults
    if passes_without_faults(trees, faults):
        unnoticed = run_all(trees, faults)
    say(
        f"{area}: {len(faults) - len(unnoticed)} of {len(faults)} noticed in {time.monotonic() - began:.0f} s\n"
    )
    return unnoticed


def passes_without_faults(trees: Sequence[Path], faults: Sequence[Fault]) -> bool:
    """Whether the tests of all the faults pass in unchanged copies; otherwise their failure would prove nothing."""
    began = time.monotonic()
    tests = sorted({test for fault in faults for test in fault.tests})
    shares = [share for number in range(len(trees)) if (share := tests[number :: len(trees)])]
    outcomes = side_by_side(trees, run_tests, shares)
    for status, printed in outcomes:
        if status != 0:
            say(f"The tests do not pass without a fault:\n{printed[-4000:]}")
    passed = all(status == 0 for status, _ in outcomes)
    if passed:
        say(f"pass          {time.monotonic() - began:4.0f} s  the tests of {faults[0].area} without a fault")
    return passed


def run_all(trees: Sequence[Path], faults: Sequence[Fault]) -> list[Fault]:
    """Try every fault; returns those that no test noticed, or that could not be tried."""
    outcomes = side_by_side(trees, is_noticed, faults)
    return [fault for fault, noticed in zip(faults, outcomes, strict=True) if not noticed]


def side_by_side(
    trees: Sequence[Path], work: Callable[[Path, Item], Result], items: Iterable[Item]
) -> list[Result]:
    """The results of `work(tree, item)` in the order of the items; each tree has one item at a time."""
    free: queue.SimpleQueue[Path] = queue.SimpleQueue()
    for tree in trees:
        free.put(tree)

    def work_in_a_free_tree(item: Item) -> Result:
        tree = free.get()
        try:
            return work(tree, item)
        finally:
            free.put(tree)

    with ThreadPoolExecutor(len(trees)) as pool:
        return list(pool.map(work_in_a_free_tree, items))


def is_noticed(tree: Path, fault: Fault) -> bool:
    """Put the fault into the tree, run its tests, and take it out again. A fixture that breaks notices nothing: the code did not even run."""
    began = time.monotonic()
    try:
        with fault.put_into(tree):
            status, printed = run_tests(tree, fault.tests)
    except (OSError, ValueError) as error:  # it does not fit, or its tests could not be run
        status, printed = -1, str(error)
    failed = FAILED_TEST.search(printed) if status == TESTS_FAILED else None
    verdict = "noticed" if failed else "NOT NOTICED" if status == 0 else "NOT TRIED"
    say(
        f"{verdict:12}  {time.monotonic() - began:4.0f} s  {fault.area}: {fault.name}"
        + (f"  [{failed[1]}]" if failed else f"\n{printed[-2000:]}")
    )
    return failed is not None


def run_tests(tree: Path, tests: Iterable[str]) -> tuple[int, str]:
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
                "PYTHONDONTWRITEBYTECODE": "",  # compiling everything anew takes as long as the tests
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


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
