"""Each fault of `make mutants` still fits the code, and names tests that exist."""

import shutil

import pytest

from pipelines.settings import PROJECT
from tests.mutants.faults import all_faults

FAULTS = all_faults()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.area}: {fault.name}")
def test_a_fault_fits_the_code(fault, tmp_path):
    (tmp_path / fault.file).parent.mkdir(parents=True)
    shutil.copy(PROJECT / fault.file, tmp_path / fault.file)
    before = (PROJECT / fault.file).read_text()
    fault.put_into(tmp_path)
    assert (tmp_path / fault.file).read_text() != before
    missing = [test for test in fault.tests if not (PROJECT / test.partition("::")[0]).exists()]
    assert not missing


def test_names_are_unique():
    names = [(fault.area, fault.name) for fault in FAULTS]
    assert len(names) == len(set(names))
