"""Log lines: static event names with the data as fields, and never a word of a row."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any, TextIO

import structlog

from pipelines.errors import PacketboatError


def configure(output: Callable[[], TextIO] = lambda: sys.stderr) -> None:
    """Static event names with the data as fields, one JSON object a line, to `output`, which is opened for the first line."""

    @cache
    def logger(*_names: str) -> structlog.PrintLogger:
        return structlog.PrintLogger(output())

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _show_sentence_only,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=logger,
    )


def configure_or_join() -> None:
    """Set the logs up for a process of ours, or join those of a process that has some already."""
    if structlog.is_configured():
        join()
    else:
        configure()


def join() -> None:
    """Write to the log that a process has already, as Airflow's tasks do: its page then shows our lines at their own level."""
    structlog.configure(processors=[_show_sentence_only, *structlog.get_config()["processors"]])


@contextmanager
def written_to(file: Callable[[], TextIO]) -> Iterator[None]:
    """While the block runs, log lines go to what `file` opens for the first of them: the screen is for people and for `--json`."""
    before = structlog.get_config()
    with ExitStack() as at_the_end:
        configure(lambda: at_the_end.enter_context(file()))
        try:
            yield
        finally:
            structlog.configure(**before)


def _show_sentence_only(
    _logger: Any, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """An exception is logged by kind, and by its sentence only when the sentence is ours: others may quote a row (S2)."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        if isinstance(error, PacketboatError):
            event["sentence"] = str(error)
    return event
