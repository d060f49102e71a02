"""References are valid: codes such as (R7) have a row, pages and anchors exist, and rows that are built name existing files."""

import ast
import re
import tokenize
from functools import cache

import click
import pytest

from pipelines.cli import packetboat
from pipelines.settings import PROJECT

DOCS = PROJECT / "docs"
PAGES = [DOCS / name for name in ("requirements.md", "security.md", "protocols.md")]
NUMBERED = {"R": 81, "B": 21, "D": 20, "S": 32, "P": 16}
SOURCES = sorted(
    file
    for folder in ("pipelines", "webapp", "dags", "plugins", "sql", "tests")
    for ending in ("py", "sql")
    for file in (PROJECT / folder).rglob(f"*.{ending}")
)
REFERRING = [*SOURCES, PROJECT / "README.md", *sorted(set(DOCS.rglob("*.md")) - set(PAGES))]

CODE = r"[BDPRS]\d+"
CODES = re.compile(rf"\(({CODE}(?:,\s+{CODE})*)\)")
BARE = re.compile(r"\b[BDPRS]\d{1,2}\b")  # three digits are a rule of ruff
# A code of another list, by its section and number.
FOREIGN = re.compile(r"(?<![\w./-])\d{1,2}/\d{1,3}(?![\w/.])")
SECTION = re.compile(r"\((?:[a-z]+[:,]? ){0,4}\d\.\d+(?![.\d])[^)]*\)")
PAGE = re.compile(r"\bdocs/([\w/.-]+\.md)(?:#([\w-]+))?")
DECISION = re.compile(r"\b[Dd]ecisions?[ /](\d{1,4})\b")
ROW = re.compile(rf"^\| ({CODE}) \|(.*)\|$", re.MULTILINE)
QUOTED = re.compile(r"`([^`]+)`")


def name(file):
    return str(file.relative_to(PROJECT))


@cache
def rows():
    """The cells of each row, by its number: what, built, tested and, on some pages, where it is seen."""
    matches = [row for page in PAGES for row in ROW.findall(page.read_text())]
    return {number: [cell.strip() for cell in cells.split("|")] for number, cells in matches}


def remarks(file):
    """The comments and docstrings of a source file; the whole text of any other file."""
    if file.suffix == ".sql":
        return re.findall(r"--(.*)", file.read_text())
    if file.suffix != ".py":
        return [file.read_text()]
    with file.open("rb") as stream:
        comments = [
            token.string for token in tokenize.tokenize(stream.readline) if token.type == tokenize.COMMENT
        ]
    return comments + [
        node.value.value
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ]


@cache
def anchors(page):
    """The anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(remark):
    """References in a remark to things that do not exist."""
    numbers = rows()
    for codes in CODES.findall(remark):
        yield from (code for code in re.split(r",\s+", codes) if code not in numbers)
    for page, anchor in PAGE.findall(remark):
        if not (DOCS / page).is_file() or (anchor and anchor not in anchors(DOCS / page)):
            yield f"docs/{page}#{anchor}"
    for number in DECISION.findall(remark):
        if not list(DOCS.glob(f"decisions/{int(number):04}-*.md")):
            yield f"decision {number}"


def test_every_reference_is_valid():
    assert [
        (name(file), reference)
        for file in [*REFERRING, *PAGES]
        for remark in remarks(file)
        for reference in broken(remark)
    ] == []


def test_codes_are_in_parentheses():
    """One form, so that none is missed. A cell of a sheet is written in backticks: `B4`."""
    loose = [
        (name(file), code)
        for file in REFERRING
        if not name(file).startswith("tests/")
        for remark in remarks(file)
        for code in BARE.findall(CODES.sub("", QUOTED.sub("", remark)))
    ]
    assert loose == []


def test_a_section_is_named_with_its_document():
    bare = [
        (name(file), section)
        for file in SOURCES
        for remark in remarks(file)
        for section in SECTION.findall(remark)
    ]
    assert bare == []


def test_no_code_is_of_a_list_elsewhere():
    foreign = [
        (name(file), code) for file in SOURCES for remark in remarks(file) for code in FOREIGN.findall(remark)
    ]
    assert foreign == []
    assert FOREIGN.findall("a line break must not inject a header, 4/57") == ["4/57"]


def test_each_number_occurs_once():
    listed = [number for page in PAGES for number, _cells in ROW.findall(page.read_text())]
    expected = [f"{letter}{number}" for letter, count in NUMBERED.items() for number in range(1, count + 1)]
    assert sorted(listed) == sorted(expected)


@pytest.mark.parametrize("number", rows())
def test_a_row_says_what_is_built_and_tested(number):
    _what, built, tested, *seen = rows()[number]
    if built.startswith("not yet"):
        assert not QUOTED.findall(built)
        assert not any((tested, *seen))
        return
    assert re.fullmatch(r"`[^`]+`(, `[^`]+`)*(; partly: .+)?", built)
    assert re.fullmatch(r"`tests/[^`]+`(, `tests/[^`]+`)*", tested)
    for path in QUOTED.findall(built.split(";")[0]) + QUOTED.findall(tested):
        assert (PROJECT / path).exists(), path
    for command in QUOTED.findall("".join(seen)):
        assert is_command(command), command


def is_command(line):
    """Whether `packetboat` or `make` has such a command."""
    program, *words = line.split()
    if program == "make":
        return re.search(rf"^{words[0]}:", (PROJECT / "Makefile").read_text(), re.MULTILINE) is not None
    command = packetboat
    for word in words:
        command = command.get_command(click.Context(command), word)
        if command is None:
            return False
    return program == "packetboat" and not isinstance(command, click.Group)


@pytest.mark.parametrize("page", [*sorted(DOCS.rglob("*.md")), PROJECT / "README.md"], ids=name)
def test_links_between_pages_are_valid(page):
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text()):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
