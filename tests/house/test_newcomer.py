"""The guides in docs/ are true: whatever a newcomer adds is new files only. The samples and the tests of the project then pass together."""

import shutil
import subprocess
import sys

import pytest

from tests.house.newcomer import SAMPLES, new_files, run, tool, tree_with

ALL = sorted(folder.name for folder in SAMPLES.iterdir())
OWN_TESTS = sorted(str(file) for sample in ALL for file in new_files(sample) if file.name.startswith("test_"))
# Tests that see what was added: they must not count it, list it, or need a word for it.
PROJECTS_TESTS = (
    "tests/actions/sending/test_add_sender.py",
    "tests/channels",
    "tests/cleaning/test_registry.py",
    "tests/cli/test_plain.py",
    "tests/cli/test_sandbox_messages.py",
    "tests/cli/test_senders.py",
    "tests/domain/test_fields.py",
    "tests/domain/test_mapping.py",
    "tests/house",
    "tests/language",
    "tests/providers/carriers/test_carriers.py",
    "tests/sandbox/test_inbox.py",
    "tests/sandbox/test_services.py",
    "tests/tables/test_same_tables.py",
    "tests/webapp/test_locale.py",
    "tests/webapp/test_menu.py",
    "tests/webapp/test_messages.py",
    "tests/webapp/test_people.py",
    "tests/webapp/test_reports.py",
)
MINUTES = 15  # about one on a quiet machine

pytestmark = pytest.mark.timeout(MINUTES * 60)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """The project with every sample, and with one more language, whose words are the French ones."""
    tree = tree_with(tmp_path_factory.mktemp("newcomer") / "tree", *ALL)
    shutil.copytree(tree / "pipelines/language/fr", tree / "pipelines/language/de")
    subprocess.run(["git", "init", "--quiet"], cwd=tree, check=True)
    subprocess.run(["git", "add", "--all"], cwd=tree, check=True)
    return tree


def test_the_tests_pass_with_every_sample(tree, postgres_server):
    tests = [*OWN_TESTS, *PROJECTS_TESTS, "--ignore=tests/house/test_newcomer.py"]
    printed = run(
        tree, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests, seconds=MINUTES * 60
    )
    assert "skipped" not in printed


def test_style_and_spelling_pass_with_every_sample(tree):
    run(tree, tool("ruff"), "check", ".", seconds=120)
    run(tree, tool("ruff"), "format", "--check", ".", seconds=120)
    run(tree, tool("codespell"), seconds=120)
