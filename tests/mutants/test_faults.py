"""Each fault of `make mutants` still fits the code, and names tests that exist."""

import shutil
from collections import Counter

import pytest

from pipelines.settings import PROJECT
from tests.mutants.faults import all_faults

FAULTS = all_faults()
AREAS = {"consent", "dispatch", "events", "ledger", "schedule", "tenancy"}
MIN_FAULTS = 60


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.area}: {fault.name}")
def test_a_fault_fits_the_code(fault, tmp_path):
    (tmp_path / fault.file).parent.mkdir(parents=True)
    shutil.copy(PROJECT / fault.file, tmp_path / fault.file)
    before = (PROJECT / fault.file).read_text()
    with fault.put_into(tmp_path):
        assert (tmp_path / fault.file).read_text() != before
    assert (tmp_path / fault.file).read_text() == before
    assert [test for test in fault.tests if not _exists(test)] == []


def test_names_are_unique():
    names = [(fault.area, fault.name) for fault in FAULTS]
    assert len(names) == len(set(names))


def test_every_area_has_its_faults():
    areas = Counter(fault.area for fault in FAULTS)
    assert areas.keys() == AREAS
    assert areas.total() >= MIN_FAULTS


def _exists(test):
    """Whether there is such a file, and in it such a test."""
    file, _, name = test.partition("::")
    path = PROJECT / file
    return path.exists() and (not name or f"def {name}(" in path.read_text())
