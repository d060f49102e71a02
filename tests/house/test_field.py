"""A field with its cleaning rule consists of two new files; nothing else in the tree knows its name."""

import os
import re
import shutil
import subprocess
import sys
import textwrap

import pytest

from pipelines.settings import PROJECT

SAMPLE = PROJECT / "tests" / "house" / "samples" / "field"
GUIDE = PROJECT / "docs" / "adding-a-field.md"
# The newcomer's own tests, and the tests of every field.
TESTS = (
    "tests/steps/postcode_runs.py",
    "tests/domain/test_fields.py",
    "tests/cleaning/test_registry.py",
    "tests/tables/test_same_tables.py",
)


@pytest.fixture
def copy(tmp_path):
    """A copy of the tree with the sample in it."""
    for name in ("pipelines", "sql", "tests"):
        shutil.copytree(
            PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "samples")
        )
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    shutil.copytree(SAMPLE, tmp_path, dirs_exist_ok=True)
    return tmp_path


def run(tree, *arguments):
    """Run Python in that tree, with its own PostgreSQL."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        env=environment | {"PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_the_guide_shows_the_sample():
    (example,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert textwrap.dedent(example) == (SAMPLE / "pipelines/domain/fields/postcode.py").read_text()


def test_a_field_and_its_rule_need_only_two_new_files(copy):
    done = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "skipped" not in done.stdout


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        (
            "domain/fields/postcode.py",
            'rule="postcode"',
            'rule="zip"',
            "names the cleaning rule zip, which does not exist",
        ),
        (
            "domain/fields/postcode.py",
            'rule="postcode"',
            'rule="tidied"',
            "The cleaning rule postcode cleans no field",
        ),
        ("domain/fields/postcode.py", "FIELD =", "ZIP =", "postcode.py has no FIELD = Field"),
        ("domain/fields/postcode.py", 'title="postcode",', "", "postcode.py cannot be read: .*'title'"),
        ("cleaning/postcode.py", "RULE =", "ZIP =", "pipelines/cleaning/postcode.py has no RULE = Rule"),
    ],
)
def test_a_malformed_file_ends_with_a_sentence(copy, file, old, new, sentence):
    path = copy / "pipelines" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    done = run(copy, "-c", "from pipelines.cleaning.registry import value_rules; value_rules()")
    assert re.search(sentence, done.stderr.strip().splitlines()[-1])
