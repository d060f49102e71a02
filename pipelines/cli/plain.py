"""Shows a text on a terminal as it is: no markup, and nothing that the terminal would obey."""

import re

from rich.text import Text

# Control characters and separators except the line break, marks that reverse the direction, and halves of surrogate pairs, which cannot be written.
_UNSAFE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    r"""The text with each unsafe character as its escape, such as `\x1b`."""
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def on_one_line(text: str) -> str:
    r"""The same for a text that must not begin a line of its own: a line break is `\n`, too."""
    return visible(text).replace("\n", r"\n")


def plain(text: str, style: str = "") -> Text:
    """The text for rich, which would otherwise take `[red]` for markup."""
    return Text(visible(text), style=style)
