"""The guide shows the field of the sample, and a malformed file of a field or of its rule raises an error that says what is wrong."""

import os
import re
import shutil
import subprocess
import sys
import textwrap

import pytest

from pipelines.settings import PROJECT
from tests.house.newcomer import SAMPLES

SAMPLE = SAMPLES / "field" / "pipelines"
GUIDE = PROJECT / "docs" / "adding-a-field.md"


@pytest.fixture
def pipelines(tmp_path):
    """A copy of `pipelines` with the sample in it."""
    copy = tmp_path / "pipelines"
    shutil.copytree(PROJECT / "pipelines", copy, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(SAMPLE, copy, dirs_exist_ok=True)
    return copy


def test_the_guide_shows_the_sample():
    (example,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert textwrap.dedent(example) == (SAMPLE / "domain/fields/postcode.py").read_text()


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
def test_a_malformed_file_ends_with_a_sentence(pipelines, file, old, new, sentence):
    path = pipelines / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    done = subprocess.run(
        [sys.executable, "-c", "from pipelines.cleaning.registry import value_rules; value_rules()"],
        cwd=pipelines.parent,
        env=os.environ | {"PYTHONPATH": str(pipelines.parent)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert re.search(sentence, done.stderr.strip().splitlines()[-1])
