"""Finds the portal's views: every class in a folder of `webapp/areas` that is a view of Flask-AppBuilder.

The folder is the area. Flask-AppBuilder stores the area's permissions under its name, and it contains the templates. A module
`base` holds what the views of an area share, and is not scanned.
"""

from collections.abc import Iterator
from importlib import import_module
from inspect import isclass, unwrap
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from flask_appbuilder import AppBuilder
from flask_appbuilder.baseviews import BaseView
from flask_appbuilder.const import PERMISSION_PREFIX

from webapp.fab.icons import icons
from webapp.fab.marks import PUBLIC
from webapp.fab.menu import Entry, add_entries
from webapp.fab.views import ROLES

SHARED = "base"


class ViewFileError(Exception):
    """A view in an area is malformed; the message says what is wrong with it."""


def add_views(builder: AppBuilder, areas: ModuleType) -> None:
    """Add all views in the folders of the package `areas` to Flask-AppBuilder, with their entries. Raises ViewFileError."""
    views = [view for in_area in find_views(areas).values() for view in in_area]
    for view in views:
        builder.add_view_no_menu(view)
    add_entries(builder, views)


def find_views(areas: ModuleType) -> dict[str, list[BaseView]]:
    """The views of each area, by the name of its folder. Raises ViewFileError for a malformed one."""
    folders = [folder.name for folder in iter_modules(areas.__path__) if folder.ispkg]
    by_area = {name: _views_of(name, import_module(f"{areas.__name__}.{name}")) for name in folders}
    _check_names([view for views in by_area.values() for view in views])
    return by_area


def _views_of(area: str, package: ModuleType) -> list[BaseView]:
    views = []
    for view in _classes_in(package):
        view.class_permission_name = area
        views.append(view())
    for view in views:
        _check_roles(view)
        _check_routes(view)
        _check_entry(view)
    _check_agreement(area, views)
    # Flask-AppBuilder deletes permissions of an area that one of its views does not have.
    permissions = sorted({permission for view in views for permission in view.base_permissions})
    for view in views:
        view.base_permissions = permissions
    return views


def _classes_in(package: ModuleType) -> Iterator[type[BaseView]]:
    for info in iter_modules(package.__path__):
        if info.name != SHARED:
            module = import_module(f"{package.__name__}.{info.name}")
            yield from (value for value in vars(module).values() if _is_own_view(value, module))


def _is_own_view(value: Any, module: ModuleType) -> bool:
    return isclass(value) and issubclass(value, BaseView) and value.__module__ == module.__name__


def _check_roles(view: BaseView) -> None:
    roles = getattr(view, "roles", None)
    if roles is None:
        raise _malformed(view, 'does not define which roles have its permissions: roles = {"see": …}')
    for permission, names in roles.items():
        if PERMISSION_PREFIX + permission not in view.base_permissions:
            raise _malformed(view, f"grants the permission {permission!r}, which none of its pages requires")
        if unknown := set(names) - ROLES:
            raise _malformed(
                view,
                f"grants {permission!r} to unknown roles: {', '.join(sorted(unknown))}; allowed: {', '.join(sorted(ROLES))}",
            )


def _check_routes(view: BaseView) -> None:
    for method in (getattr(view, name) for name in dir(view)):
        if _is_route_of_ours(method) and not (hasattr(method, "_permission_name") or hasattr(method, PUBLIC)):
            raise _malformed(view, f"has no permission for {method.__name__}; use @route, or mark it @public")


def _is_route_of_ours(method: Any) -> bool:
    """Flask-AppBuilder's own routes may have none: they check permissions inside."""
    return hasattr(method, "_urls") and not unwrap(method).__module__.startswith("flask_appbuilder")


def _check_entry(view: BaseView) -> None:
    entry = getattr(view, "menu", None)
    if entry is None:
        return
    if not isinstance(entry, Entry):
        raise _malformed(view, "has a menu that is not an Entry(…)")
    if entry.icon not in icons():
        raise _malformed(
            view, f"has the unknown icon {entry.icon!r}; static/icons.svg has {', '.join(icons())}"
        )


def _check_agreement(area: str, views: list[BaseView]) -> None:
    """All views of an area grant a permission to the same roles."""
    granted: dict[str, set[str]] = {}
    for view in views:
        for permission, names in view.roles.items():
            if granted.setdefault(permission, set(names)) != set(names):
                raise _malformed(
                    view, f"grants {permission!r} to other roles than another view of {area} does"
                )


def _check_names(views: list[BaseView]) -> None:
    """Class names must be unique, because endpoints are made from them."""
    names = set()
    for view in views:
        if (name := type(view).__name__) in names:
            raise _malformed(view, "has the name of another view")
        names.add(name)


def _malformed(view: BaseView, problem: str) -> ViewFileError:
    return ViewFileError(f"{type(view).__name__} in {type(view).__module__.replace('.', '/')}.py {problem}.")
