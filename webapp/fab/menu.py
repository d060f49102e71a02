"""The rail: Flask-AppBuilder's menu, with the entries that this person may see, six at most."""

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
    """An entry of the menu, as the view that it leads to gives it (`menu = Entry(…)`).

    `icon` is drawn in static/icons.svg; the smaller `place` comes first. Entries with the same `category` share one entry of the rail;
    the first of them gives it its icon. `shown` is asked for each request, beside the permission.
    """

    title: str
    icon: str
    place: int
    category: str = ""
    shown: Callable[[], bool] | None = None


@dataclass(frozen=True)
class Link:
    """One entry of the rail, ready to be drawn: the page that it leads to, and the pages below it while one of them is open."""

    title: str
    icon: str
    address: str
    current: bool
    below: tuple["Link", ...] = ()


def add_entries(builder: AppBuilder, views: list[BaseView]) -> None:
    """Add the entries of these views to Flask-AppBuilder's menu, in their order."""
    entered = sorted(
        (view for view in views if getattr(view, "menu", None)), key=lambda view: view.menu.place
    )
    for view in entered:
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
    """What Flask-AppBuilder shows this person of its menu. Where there is too much, the last entries are gathered under one."""
    here = _current_title()
    links = [_link(item, here) for item in current_app.appbuilder.menu.get_data()]
    if len(links) <= MAX_ENTRIES:
        return links
    kept, rest = links[: MAX_ENTRIES - 1], links[MAX_ENTRIES - 1 :]
    below = tuple(one for link in rest for one in (link.below or (link,)))
    return [*kept, Link(MORE, "ellipsis", below[0].address, any(one.current for one in below), below)]


def register(app: Flask) -> None:
    """Make the rail known to the templates."""
    app.add_template_global(rail)


def _link(item: dict[str, Any], here: str | None) -> Link:
    below = tuple(_link(one, here) for one in item.get("childs", ()) if one != "-")
    if below:
        return Link(item["label"], item["icon"], below[0].address, any(one.current for one in below), below)
    return Link(item["label"], item["icon"], item["url"], item["name"] == here)


def _current_title() -> str | None:
    """The title of the entry that this page belongs to: that of its view, else the first one of its area."""
    views = current_app.appbuilder.baseviews
    shown = next((view for view in views if view.endpoint == request.blueprint), None)
    if shown is None:
        return None
    if getattr(shown, "menu", None):
        return shown.menu.title
    same = (view for view in views if view.class_permission_name == shown.class_permission_name)
    entries = [view.menu for view in same if getattr(view, "menu", None)]
    return min(entries, key=lambda entry: entry.place).title if entries else None
