"""`make lint` refuses an import or a statement that the structure forbids, wherever it is put."""

import os
import re
import shutil
import subprocess

import pytest

from pipelines.settings import PROJECT
from tests.house.newcomer import NOT_COPIED, tool

# Each file, with a line that import-linter must not allow in it.
IMPORTS = [
    ("pipelines/steps/clean/values.py", "import pandas"),
    ("pipelines/steps/clean/hold.py", "import pipelines.steps.assemble"),
    ("pipelines/steps/journal.py", "import pipelines.steps.load"),
    ("pipelines/errands.py", "import pandas"),
    ("pipelines/language/sentence.py", "import great_expectations"),
    ("pipelines/sandbox/inbox.py", "import pipelines.providers.carriers"),
    ("pipelines/sandbox/twilio/api.py", "import pipelines.bootstrap"),
    ("webapp/areas/packets/held.py", "import sqlalchemy"),
    ("webapp/areas/packets/packets.py", "import pipelines.tables"),
    ("webapp/areas/reports/base.py", "import pipelines.bootstrap"),
    ("webapp/areas/people/people.py", "import pipelines.store.engine"),
    ("webapp/fab/home.py", "import pipelines.steps.journal"),
    ("webapp/app.py", "import pandas"),
]
# And with one that ruff must not allow.
STATEMENTS = [
    ("dags/packet.py", "import pandas"),
    ("dags/pulse.py", "import great_expectations"),
    ("plugins/packet_link.py", "from pandas import DataFrame"),
    ("pipelines/steps/assemble/write.py", "import pandas"),
    ("webapp/public/drain.py", "from sqlalchemy import text"),
    ("webapp/areas/packets/packet.py", "from sqlalchemy import select"),
    ("webapp/fab/home.py", "from sqlalchemy.sql import text"),
    ("webapp/areas/upload/start.py", "import pandas"),
]
STEPS = "sql/steps"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the project with all these lines."""
    tree = shutil.copytree(PROJECT, tmp_path_factory.mktemp("copy") / "tree", ignore=NOT_COPIED)
    for file, line in {*IMPORTS, *STATEMENTS}:
        with (tree / file).open("a") as stream:
            stream.write(f"\n{line}\n")
    return tree


def lint(tree, *command):
    """What the linter prints about the copy, in one line."""
    done = subprocess.run(
        [tool(command[0]), *command[1:]],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree), "COLUMNS": "500"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return re.sub(r"\s+", " ", done.stdout)


@pytest.fixture(scope="module")
def imports(tree):
    return lint(tree, "lint-imports", "--no-cache")


@pytest.fixture(scope="module")
def statements(tree):
    return lint(tree, "ruff", "check", "--no-cache", "--select", "TID251", "--output-format", "concise")


@pytest.mark.parametrize(("file", "line"), IMPORTS)
def test_import_linter_refuses(imports, file, line):
    importer = file.removesuffix(".py").replace("/", ".")
    assert f"{importer} -> {line.removeprefix('import ')} (l." in imports


@pytest.mark.parametrize(("file", "line"), STATEMENTS)
def test_ruff_refuses(tree, statements, file, line):
    place = (tree / file).read_text().splitlines().index(line) + 1
    assert f"{file}:{place}:" in statements


@pytest.mark.parametrize("step", sorted(folder.name for folder in (PROJECT / STEPS).iterdir()))
def test_a_step_runs_only_its_own_statements_and_those_of_all_steps(step):
    folder = PROJECT / "pipelines" / "steps" / step
    used = {
        owner for file in folder.rglob("*.py") for owner in re.findall(r'"steps/(\w+)/', file.read_text())
    }
    assert used <= {step, "packet", "journal"}
