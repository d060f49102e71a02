"""What a route says of itself, where it is written: a decorator each. What bears no mark needs a log-in, stands alone and takes no file."""

from collections.abc import Callable
from typing import Any

from flask import Flask

PUBLIC, FRAMABLE, TAKES_FILES = "is_public", "is_framable", "takes_files"
View = Callable[..., Any]


def public(view: View) -> View:
    """Anybody may ask for it, without a log-in."""
    return _mark(view, PUBLIC)


def framable(view: View) -> View:
    """Airflow may show it inside its "Packet" tab: a page that only reads, with links to pages that may be framed as well."""
    return _mark(view, FRAMABLE)


def takes_files(view: View) -> View:
    """Its body may be as long as the longest file that is taken in."""
    return _mark(view, TAKES_FILES)


def marked(app: Flask, endpoint: str | None, mark: str) -> bool:
    """Whether the route of that name bears a mark."""
    return bool(getattr(app.view_functions.get(endpoint or ""), mark, False))


def _mark(view: View, mark: str) -> View:
    setattr(view, mark, True)
    return view
