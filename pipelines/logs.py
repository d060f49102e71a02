"""Structured logs: static event names, data in fields, and never any content of a row."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any, TextIO

import structlog

from pipelines.errors import PacketboatError


def configure(output: Callable[[], TextIO] = lambda: sys.stderr) -> None:
    """Write one JSON object per line to `output`, which is opened when the first line is written."""

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
    """Configure logging in our own processes; elsewhere add to the logging that is already configured."""
    if structlog.is_configured():
        join()
    else:
        configure()


def join() -> None:
    """Use the logging that is already configured, as in Airflow's tasks: Airflow then shows our lines with their level."""
    structlog.configure(processors=[_show_sentence_only, *structlog.get_config()["processors"]])


@contextmanager
def written_to(file: Callable[[], TextIO]) -> Iterator[None]:
    """Write log lines to `file` during the block, because the terminal is for people and `--json`.

    `file` is opened when the first line is written.
    """
    before = structlog.get_config()
    with ExitStack() as stack:
        configure(lambda: stack.enter_context(file()))
        try:
            yield
        finally:
            structlog.configure(**before)


def _show_sentence_only(
    _logger: Any, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Log an exception by its type, plus its sentence if it is ours: the text of other errors may quote a row (S2)."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        if isinstance(error, PacketboatError):
            event["sentence"] = str(error)
    return event
