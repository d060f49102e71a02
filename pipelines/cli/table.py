"""Tables on a terminal, without lines, with headings in its language."""

from collections.abc import Collection

from rich.console import RenderableType
from rich.style import StyleType
from rich.table import Table

from pipelines.cli.plain import plain
from pipelines.cli.tell import tell
from pipelines.language.vocabulary import Heading, heading


class PlainTable(Table):
    """A table whose cells show a `str` as it is; what has a style is given as rich's Text."""

    def add_row(
        self, *cells: RenderableType | None, style: StyleType | None = None, end_section: bool = False
    ) -> None:
        shown = [plain(cell) if isinstance(cell, str) else cell for cell in cells]
        super().add_row(*shown, style=style, end_section=end_section)


def table(
    *headings: Heading | str, right: Collection[Heading] = (), unwrapped: Collection[Heading] = ()
) -> PlainTable:
    """A table with a column per heading; a text is used as it is.

    Columns in `right` are aligned to the right, those in `unwrapped` are never wrapped.
    """
    result = PlainTable(box=None, padding=(0, 2, 0, 0))
    for one in headings:
        words = tell(heading(one)) if isinstance(one, Heading) else one
        result.add_column(words, justify="right" if one in right else "left", no_wrap=one in unwrapped)
    return result
