"""What the pages of people, roles and groups share: the names of their permissions, and permissions in words."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from flask import current_app
from flask_appbuilder.security.sqla.models import PermissionView

from webapp.fab.security import MENU_ACCESS

MENU = "menu"
# Flask-AppBuilder's methods, and the permission that allows each.
METHODS: Mapping[str, str] = {
    "list": "see", "show": "see", "add": "add", "copy_role": "add", "edit": "change", "delete": "delete",
    "resetpasswords": "set_passwords", "this_form_get": "set_passwords", "this_form_post": "set_passwords",
}  # fmt: skip


def permission_in_words(one: PermissionView) -> str:
    """One permission: packets: see."""
    return ": ".join(_area_and_permission(one))


def permissions_in_words(permissions: Iterable[PermissionView]) -> str:
    """Permissions grouped by area: menu: Packets; packets: download, see."""
    areas: dict[str, list[str]] = defaultdict(list)
    for area, permission in map(_area_and_permission, permissions):
        areas[area].append(permission)
    return (
        "; ".join(f"{area}: {', '.join(sorted(names))}" for area, names in sorted(areas.items())) or "\u2013"
    )


def every_permission() -> list[PermissionView]:
    """All permissions, by area."""
    return sorted(current_app.extensions["appbuilder"].session.query(PermissionView), key=permission_in_words)


def _area_and_permission(one: PermissionView) -> tuple[str, str]:
    if one.permission.name == MENU_ACCESS:
        return MENU, one.view_menu.name
    return one.view_menu.name, one.permission.name.removeprefix("can_").replace("_", " ")
