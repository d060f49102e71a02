"""What a view of ours says of itself: the address and the permission of each page, the roles that have it, its entry in the menu."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from flask import redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from werkzeug.wrappers import Response

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


class ModelViewDefaults:
    """What a ModelView of ours says and does after a change, in the place of Flask-AppBuilder's: to be named before it among the bases."""

    add_row_message = "It is added."
    edit_row_message = "It is changed."
    delete_row_message = "It is deleted."
    add_integrity_error_message = edit_integrity_error_message = "There is another one like this already."
    delete_integrity_error_message = "It is still used elsewhere, so it was not deleted."
    database_error_message = "The database refused it, and nothing is changed."

    def post_delete_redirect(self) -> Response:
        """To the list: the page before is that of what is gone."""
        return redirect(url_for(f"{type(self).__name__}.list"))
