"""Commands in the code blocks of README and docs are complete: every option exists, and none that is required is missing."""

import re
import shlex

import click
import pytest

from pipelines.cli import packetboat
from pipelines.settings import PROJECT

DOCS = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
SOME_ID = "11111111-1111-1111-1111-111111111111"
# Words that stand for something, and what each could be.
EXAMPLES = {
    "ID": SOME_ID, "CODE": SOME_ID, "MESSAGE": SOME_ID, "FILE": "README.md", "people.csv": "README.md"
}  # fmt: skip


def written():
    """Each command, with its page."""
    for page in DOCS:
        for block in BLOCK.findall(page.read_text()):
            for line in block.splitlines():
                if line.startswith("packetboat "):
                    yield str(page.relative_to(PROJECT)), re.split(r"\s{3,}|\s+#", line)[0]


COMMANDS = list(written())


def parse(words):
    """Raises UsageError when the command line would."""
    command, context = packetboat, click.Context(packetboat, info_name="packetboat")
    while isinstance(command, click.Group):
        name, *words = words
        command = command.get_command(context, name) or pytest.fail(f"there is no command {name}")
    command.make_context(command.name, words, parent=context)


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_a_command_is_complete(page, line, monkeypatch):
    monkeypatch.chdir(PROJECT)
    _, *words = shlex.split(line)
    words = [EXAMPLES.get(word, word) for word in words if word != "…"]
    if not words or "--help" in words:
        return
    try:
        parse(words)
    except click.UsageError as error:
        pytest.fail(f"{page}: {line}: {error.format_message()}")
