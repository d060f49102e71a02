"""Simulated services are independent: shared code knows none by name, none uses another, each explains its own faults."""

import re

import pytest

from pipelines.sandbox.faults import Action
from pipelines.sandbox.services import service_classes
from pipelines.settings import PROJECT

SANDBOX = PROJECT / "pipelines" / "sandbox"
SHARED = sorted([*SANDBOX.glob("*.py"), *(SANDBOX / "pages").iterdir()])
CHANNELS = {channel for kind in service_classes().values() for channel in kind.frames}
GUIDE = (PROJECT / "docs" / "adding-a-simulated-service.md").read_text()


@pytest.mark.parametrize("file", SHARED, ids=lambda file: file.name)
def test_shared_code_names_no_service(file):
    names = "|".join({*service_classes(), *CHANNELS, "e-mail"})
    named = re.findall(rf"\b(?:{names})\b", file.read_text(), re.IGNORECASE)
    assert not named


@pytest.mark.parametrize("name", service_classes())
def test_a_service_uses_no_other(name):
    for file in (SANDBOX / name).glob("*.py"):
        used = set(re.findall(r"pipelines\.sandbox\.(\w+)", file.read_text()))
        assert used & service_classes().keys() <= {name}, file.name


def test_the_guide_names_every_common_fault():
    for fault in Action:
        assert f"`{fault}`" in GUIDE


@pytest.mark.parametrize("name", service_classes())
def test_a_service_explains_its_own_faults_itself(name):
    kind = service_classes()[name]
    assert not kind.faults.keys() & {*Action}
    assert all(fault.meaning.strip() for fault in kind.faults.values())
