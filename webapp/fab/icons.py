"""The icons in static/icons.svg."""

import re
from functools import cache
from pathlib import Path

FILE = Path(__file__).parents[1] / "static" / "icons.svg"


@cache
def icons() -> tuple[str, ...]:
    """Their names, without the state marks."""
    drawn = re.findall(r'<symbol id="([\w-]+)"', FILE.read_text())
    return tuple(sorted(name for name in drawn if not name.startswith("mark-")))
