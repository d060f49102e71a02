"""The icons that are drawn in static/icons.svg."""

import re
from functools import cache
from pathlib import Path

FILE = Path(__file__).parents[1] / "static" / "icons.svg"


@cache
def icons() -> tuple[str, ...]:
    """Their names, state marks left out."""
    drawn = re.findall(r'<symbol id="([\w-]+)"', FILE.read_text())
    return tuple(sorted(name for name in drawn if not name.startswith("mark-")))
