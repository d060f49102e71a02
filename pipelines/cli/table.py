"""Tables on a terminal, without lines, with headings in its language."""

from collections.abc import Collection

from rich.table import Table

from pipelines.cli.tell import tell
from pipelines.language.vocabulary import Heading, heading


def table(
    *headings: Heading | str, right: Collection[Heading] = (), unwrapped: Collection[Heading] = ()
) -> Table:
    """A table with a column per heading; a text is used as it is.

    Columns in `right` are aligned to the right, those in `unwrapped` are never wrapped.
    """
    result = Table(box=None, padding=(0, 2, 0, 0))
    for one in headings:
        words = tell(heading(one)) if isinstance(one, Heading) else one
        result.add_column(words, justify="right" if one in right else "left", no_wrap=one in unwrapped)
    return result
