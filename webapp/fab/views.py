"""What our views declare: the path and permission of each page, the roles that have it, and the menu entry."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from flask import redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from werkzeug.wrappers import Response

# Our own roles. Flask-AppBuilder adds Admin, which may do everything.
CLIENT, SUPPORT = "client", "support"
EVERYBODY = (CLIENT, SUPPORT)
ROLES = frozenset(EVERYBODY)

# The roles that have a permission, by its name: {"see": EVERYBODY}. Permissions that are not listed are for Admin only.
Roles = Mapping[str, Collection[str]]


def route(
    address: str, permission: str, *, methods: Collection[str] = ("GET",)
) -> Callable[[Callable[..., Any]], Any]:
    """Serve the method at `address`, below the view's `route_base`, to people with `permission` in the view's area."""

    def decorate(method: Callable[..., Any]) -> Any:
        return expose(address, tuple(methods))(has_access(permission_name(permission)(method)))

    return decorate


class ModelViewDefaults:
    """Our messages and redirects after a change, instead of Flask-AppBuilder's. List it before the ModelView among the bases."""

    add_row_message = "Added."
    edit_row_message = "Changed."
    delete_row_message = "Deleted."
    add_integrity_error_message = edit_integrity_error_message = "There is already one like this."
    delete_integrity_error_message = "It is still used elsewhere, so it was not deleted."
    database_error_message = "The database refused the change, and nothing was changed."

    def post_delete_redirect(self) -> Response:
        """Redirect to the list, because the previous page no longer exists."""
        return redirect(url_for(f"{type(self).__name__}.list"))
