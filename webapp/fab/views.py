"""What a view of ours says of itself: the address and the permission of each page, the roles that have it, its entry in the menu."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name

CLIENT, SUPPORT = (
    "client",
    "support",
)  # the roles that we keep; Flask-AppBuilder keeps Admin, which may do everything
EVERYBODY = (CLIENT, SUPPORT)
ROLES = frozenset(EVERYBODY)

# The roles that have a permission, by its name: {"see": EVERYBODY}. Those that are not named are for Admin alone.
Roles = Mapping[str, Collection[str]]


def route(
    address: str, permission: str, *, methods: Collection[str] = ("GET",)
) -> Callable[[Callable[..., Any]], Any]:
    """Show what the method returns at `address`, below the view's `route_base`, to whoever has `permission` in the view's area."""

    def decorate(method: Callable[..., Any]) -> Any:
        return expose(address, tuple(methods))(has_access(permission_name(permission)(method)))

    return decorate
