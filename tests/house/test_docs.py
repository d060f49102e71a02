"""What README and docs name in backticks exists: a path from the root, or a module with what is in it."""

import ast
import re

import pytest

from pipelines.settings import PROJECT

# Decisions tell what was right when they were written.
DOCS = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]
QUOTED = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"[\w.-]+(?:/[\w.{},<>*-]*)+|[\w-]+\.(?:py|sql|md|toml|yml|in)")
DOTTED = re.compile(r"(\w+(?:\.\w+)+)(?:\(\))?")
ROOTS = ("pipelines", "webapp", "tests", "dags", "plugins", "sql", "docs", "requirements")


def defined(tree):
    """The names that a module or class body defines."""
    defined_names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            defined_names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            defined_names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return defined_names


def modules(name):
    """The files to which a dotted module name may refer: `errands` as well as `pipelines.errands`."""
    path = name.replace(".", "/")
    return [
        file
        for root in ("", "pipelines/", "plugins/")
        for file in (PROJECT / f"{root}{path}.py", PROJECT / root / path / "__init__.py")
        if file.exists()
    ]


def exists(word):
    """Whether the word names something that exists; None if it names neither a path nor part of a module."""
    if PATH.fullmatch(word):
        if word.split("/")[0] not in ROOTS and not word.startswith(("pipelines", "tests")):
            return None
        pattern = re.sub(r"<\w+>", "*", word)
        parts = re.fullmatch(r"(.*)\{(.*)\}(.*)", pattern)
        options = [f"{parts[1]}{option}{parts[3]}" for option in parts[2].split(",")] if parts else [pattern]
        return all(any(PROJECT.glob(option.rstrip("/") or ".")) for option in options)
    dotted = DOTTED.fullmatch(word)
    if dotted is None or dotted[1].rsplit(".", 1)[-1] in {"py", "sql", "md", "json", "env", "log"}:
        return None
    *path, name = dotted[1].split(".")
    files = modules(".".join(path))
    if modules(dotted[1]):
        return True
    if files:
        return any(name in defined(ast.parse(file.read_text())) for file in files)
    return False if path[0] in ROOTS else None


def names(file):
    # A table's first cell may be a placeholder for what a newcomer adds.
    return {word for word in QUOTED.findall(file.read_text()) if " " not in word and "…" not in word}


@pytest.mark.parametrize("file", DOCS, ids=lambda file: file.name)
def test_everything_named_exists(file):
    assert [word for word in sorted(names(file)) if exists(word) is False] == []


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("pipelines/errands.py", True),
        ("pipelines/gone.py", False),
        ("pipelines/{tables,store}/", True),
        ("pipelines/{tables,gone}/", False),
        ("sql/reports/<page>/<name>.sql", True),
        ("pipelines.errands.ERRANDS", True),
        ("errands.run_step()", True),
        ("errands.gone", False),
        ("pipelines.gone", False),
        ("sending.sql", None),
        ("campaign.minutes", None),
    ],
)
def test_a_name_is_recognised(word, expected):
    assert exists(word) is expected
