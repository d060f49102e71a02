"""The start as the user sees it: one line per stage, with a spinner while it runs and its duration when it is done."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from pipelines.language import Sentence

Stage = str | Sentence  # a process goes by its own name


class Stages:
    """Lines on `console`; no output without one. Starting and stopping never fail because output does (closed pipe, full disk)."""

    def __init__(self, console: Console | None, words: Callable[[Sentence], str]) -> None:
        self._console = console or Console(quiet=True)
        self._words = words

    @contextmanager
    def shown(self, *names: Stage) -> Iterator["Lines"]:
        """Show `names` as in progress while the block runs; `Lines.done(name)` finishes each."""
        columns = (
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
        )
        progress = Progress(*columns, console=self._console, transient=False)
        with suppress(OSError):
            progress.start()
        try:
            yield Lines(progress, {name: self._title(name) for name in names})
        finally:
            with suppress(OSError):
                progress.stop()

    def tell(self, sentence: Sentence) -> None:
        with suppress(OSError):
            self._console.print(self._words(sentence), highlight=False, soft_wrap=True)

    def _title(self, name: Stage) -> str:
        return self._words(name) if isinstance(name, Sentence) else name


class Lines:
    def __init__(self, progress: Progress, titles: Mapping[Stage, str]) -> None:
        self._progress = progress
        self._tasks = {name: progress.add_task(title, total=1) for name, title in titles.items()}

    def done(self, name: Stage) -> None:
        with suppress(OSError):
            self._progress.update(self._tasks[name], completed=1)
