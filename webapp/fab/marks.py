"""Decorators that mark routes. An unmarked route needs a log-in, cannot be framed and accepts no files."""

from collections.abc import Callable
from typing import Any

from flask import Flask

PUBLIC, FRAMABLE, TAKES_FILES = "is_public", "is_framable", "takes_files"
View = Callable[..., Any]


def public(view: View) -> View:
    """The route needs no log-in."""
    return _mark(view, PUBLIC)


def framable(view: View) -> View:
    """Airflow may show the page in its "Packet" tab: a page that only reads, and links only to other framable pages."""
    return _mark(view, FRAMABLE)


def takes_files(view: View) -> View:
    """The body may be as long as the largest accepted file."""
    return _mark(view, TAKES_FILES)


def marked(app: Flask, endpoint: str | None, mark: str) -> bool:
    """Whether the route of that name has a mark."""
    return bool(getattr(app.view_functions.get(endpoint or ""), mark, False))


def _mark(view: View, mark: str) -> View:
    setattr(view, mark, True)
    return view
