"""The shape of the house: short files and functions, a docstring on each module, imports at the top, nothing private in what is published."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from pipelines.settings import PROJECT

OURS = ("pipelines", "webapp", "dags", "plugins")
MODULES = sorted(file for folder in OURS for file in (PROJECT / folder).rglob("*.py"))
TESTS = sorted((PROJECT / "tests").rglob("*.py"))


def name(file: Path) -> str:
    return str(file.relative_to(PROJECT))


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("file", MODULES, ids=name)
def test_a_module_is_short_and_has_a_docstring(file):
    source = file.read_text()
    tree = ast.parse(source)
    assert len(source.splitlines()) <= 250
    assert ast.get_docstring(tree), "a module begins with a docstring"
    for function in functions(tree):
        length = function.end_lineno - function.lineno + 1
        assert length <= 60 or name(file).startswith("dags/"), f"{function.name} has {length} lines"


@pytest.mark.parametrize("file", TESTS, ids=name)
def test_a_test_file_is_short(file):
    assert len(file.read_text().splitlines()) <= 500


@pytest.mark.parametrize(
    "file", [file for file in MODULES if name(file).startswith(("pipelines/", "webapp/"))], ids=name
)
def test_own_modules_are_imported_at_the_top(file):
    """An import inside a function hides a cycle. steps/__init__ imports its step by name instead."""
    for function in functions(ast.parse(file.read_text())):
        for node in ast.walk(function):
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").startswith(("pipelines", "webapp")), f"line {node.lineno}"


def test_only_one_module_knows_where_files_are():
    knowing = {name(file) for file in MODULES if "files_dir" in file.read_text()}
    assert knowing == {"pipelines/settings.py", "pipelines/store/files.py"}


def tracked(*patterns):
    listed = subprocess.run(
        ["git", "ls-files", *patterns], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    return [PROJECT / line for line in listed.stdout.splitlines() if (PROJECT / line).exists()]


def test_lock_files_contain_hashes_and_no_urls():
    for lock in (PROJECT / "requirements").glob("*.txt"):
        content = lock.read_text()
        assert "://" not in content, lock.name
        assert "index" not in re.sub(r"[a-z-]*index[a-z-]*==", "", content), lock.name
        for requirement in re.findall(
            r"^[a-z0-9].*(?:\n    .*)*", content, flags=re.MULTILINE | re.IGNORECASE
        ):
            assert "--hash=sha256:" in requirement, requirement.splitlines()[0]


def test_lock_files_contain_the_requirements_of_their_sources():
    for source in (PROJECT / "requirements").glob("*.in"):
        locked = source.with_suffix(".txt").read_text().lower()
        for line in source.read_text().splitlines():
            requirement = re.match(r"[a-z0-9-]+", line.lower())
            if requirement and not line.startswith(("#", "-")):
                assert re.search(rf"^{re.escape(requirement[0])}(\[.*\])?==", locked, flags=re.MULTILINE), (
                    requirement[0]
                )


def test_no_secrets_or_local_paths_are_tracked():
    for file in tracked("*.py", "*.sql", "*.md", "*.toml", "*.yml", "*.html", "Makefile", ".ci/run"):
        content = file.read_text()
        if file != Path(__file__):
            assert "BEGIN PRIVATE KEY" not in content, file
            assert not re.search(r"(?<![\w.-])/(root|home/\w+)/", content), file
