"""The start as a person sees it: one line a stage, a turning wheel while it lasts, its time when it is done."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Stages:
    """Lines on `console`; nothing at all without one. No start and no end fails because nobody takes the lines: a closed pipe, a full disk."""

    def __init__(self, console: Console | None) -> None:
        self._console = console or Console(quiet=True)

    @contextmanager
    def shown(self, *names: str) -> Iterator["Lines"]:
        """Show `names` as under way while the block runs; `Lines.done(name)` ends each."""
        columns = (
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
        )
        progress = Progress(*columns, console=self._console, transient=False)
        with suppress(OSError):
            progress.start()
        try:
            yield Lines(progress, names)
        finally:
            with suppress(OSError):
                progress.stop()

    def tell(self, sentence: str) -> None:
        with suppress(OSError):
            self._console.print(sentence, highlight=False, soft_wrap=True)


class Lines:
    def __init__(self, progress: Progress, names: tuple[str, ...]) -> None:
        self._progress = progress
        self._tasks = {name: progress.add_task(name, total=1) for name in names}

    def done(self, name: str) -> None:
        with suppress(OSError):
            self._progress.update(self._tasks[name], completed=1)
