"""The navigation rail: the entries of Flask-AppBuilder's menu that this person may see, at most six."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request
from flask_appbuilder import AppBuilder
from flask_appbuilder.baseviews import BaseView

MAX_ENTRIES = 6
MORE = "More"


@dataclass(frozen=True)
class Entry:
    """A menu entry, declared by the view that it opens (`menu = Entry(…)`).

    `icon` is one of static/icons.svg; a smaller `place` comes first. Entries with the same `category` share one entry of the rail, with
    the icon of the first. `shown` is called on each request, in addition to the permission check.
    """

    title: str
    icon: str
    place: int
    category: str = ""
    shown: Callable[[], bool] | None = None


@dataclass(frozen=True)
class Link:
    """One entry of the rail, ready to be rendered: the page that it opens, and the pages grouped below it."""

    title: str
    icon: str
    address: str
    current: bool
    below: tuple["Link", ...] = ()


def add_entries(builder: AppBuilder, views: list[BaseView]) -> None:
    """Add the entries of these views to Flask-AppBuilder's menu, by `place`."""
    with_entry = sorted(
        (view for view in views if getattr(view, "menu", None)), key=lambda view: view.menu.place
    )
    for view in with_entry:
        entry: Entry = view.menu
        builder.add_link(
            entry.title,
            href="",
            icon=entry.icon,
            category=entry.category,
            category_icon=entry.icon,
            baseview=view,
            cond=entry.shown,
        )


def rail() -> list[Link]:
    """The part of Flask-AppBuilder's menu that this person may see. If there are too many entries, the last ones are grouped."""
    here = _current_title()
    links = [_link(item, here) for item in current_app.extensions["appbuilder"].menu.get_data()]
    if len(links) <= MAX_ENTRIES:
        return links
    kept, rest = links[: MAX_ENTRIES - 1], links[MAX_ENTRIES - 1 :]
    below = tuple(one for link in rest for one in (link.below or (link,)))
    return [*kept, Link(MORE, "ellipsis", below[0].address, any(one.current for one in below), below)]


def register(app: Flask) -> None:
    """Make the rail available to the templates."""
    app.add_template_global(rail)


def _link(item: dict[str, Any], here: str | None) -> Link:
    below = tuple(_link(one, here) for one in item.get("childs", ()) if one != "-")
    if below:
        return Link(item["label"], item["icon"], below[0].address, any(one.current for one in below), below)
    return Link(item["label"], item["icon"], item["url"], item["name"] == here)


def _current_title() -> str | None:
    """The title of the entry that this page belongs to: its view's own, else the first of its area."""
    views = current_app.extensions["appbuilder"].baseviews
    shown = next((view for view in views if view.endpoint == request.blueprint), None)
    if shown is None:
        return None
    if getattr(shown, "menu", None):
        return shown.menu.title
    same = (view for view in views if view.class_permission_name == shown.class_permission_name)
    entries = [view.menu for view in same if getattr(view, "menu", None)]
    return min(entries, key=lambda entry: entry.place).title if entries else None
