"""The structure as README draws it is the one that import-linter holds."""

import re
import tomllib

from pipelines.settings import PROJECT


def drawing():
    """The line on which README's drawing names each module, from the top."""
    section = (PROJECT / "README.md").read_text().split("## The structure")[1]
    lines = section.split("```")[1].splitlines()
    # Past column 72 stand remarks.
    return {name: number for number, line in enumerate(lines) for name in re.findall(r"[a-z_]+", line[:72])}


def layers():
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layered,) = [contract for contract in contracts if contract.get("containers") == ["pipelines"]]
    return [layer.split(" | ") for layer in layered["layers"]]


def test_every_layer_is_drawn_below_those_that_use_it():
    place = drawing()
    undrawn = {name for layer in layers() for name in layer} - place.keys()
    assert not undrawn, f"README's drawing of the structure lacks {undrawn}"
    for upper, lower in zip(layers(), layers()[1:], strict=False):
        above = [name for name in upper for other in lower if place[name] >= place[other]]
        assert not above, f"README draws {above} beside or below {lower}"
