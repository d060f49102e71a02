"""Log-in and roles on top of Flask-AppBuilder's users: our own log-in page, sessions as rows, and the rights of each role."""

from collections import defaultdict
from typing import Any

from flask import current_app
from flask_appbuilder.const import PERMISSION_PREFIX
from flask_appbuilder.security.sqla.manager import SecurityManager

from webapp.access import SEE_EVERY_CLIENT
from webapp.fab.log_ins import passwords, sessions
from webapp.fab.log_ins.log_in_page import PortalAuthView
from webapp.fab.views import ROLES

MENU_ACCESS = "menu_access"


class PortalSecurity(SecurityManager):
    def register_views(self) -> None:
        """Register only the log-in. People, roles and the account are areas like others, and there is no log-in by API."""
        self.auth_view = self.appbuilder.add_view_no_menu(PortalAuthView)
        self.limiter.limit(self.auth_rate_limit, methods=["POST"])(self.auth_view.blueprint)

    def load_user(self, pk: str) -> Any:
        """The user that a cookie names, while their session is valid. Flask-Login calls this once per request."""
        return super().load_user(pk) if sessions.is_valid(int(pk)) else None

    def log_in_with(self, name: str, password: str) -> bool:
        """Log in the user with this name or e-mail address, and this password; False if there is none."""
        name = name.replace("\0", "")
        user = self.find_user(username=name) or self.find_user(email=name)
        if not passwords.is_correct(user, password) or not self.log_in(user, user.password):
            return False
        self.update_user_auth_stat(user)
        return True

    def log_in(self, user: Any, proved: str) -> bool:
        """Start a session for `user`, whose password matched the hash `proved`; False if the password has changed since."""
        return sessions.begin(user, proved, staff=SEE_EVERY_CLIENT in self.get_user_permissions(user))

    def reset_password(self, userid: int, password: str) -> None:
        passwords.change(self.get_user_by_id(userid), password)

    def sync_roles(self) -> None:
        """Give each of our roles exactly the permissions that the views declare, and the menu entries that open them."""
        permissions = self._declared_permissions()
        for name in sorted(ROLES):
            role = self.find_role(name) or self.add_role(name)
            role.permissions = [self.add_permission_view_menu(*pair) for pair in sorted(permissions[name])]
        current_app.extensions["appbuilder"].session.commit()

    def _declared_permissions(self) -> dict[str, set[tuple[str, str]]]:
        """Pairs of a permission and the name of its area or menu entry, by role."""
        declared: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for view in self.appbuilder.baseviews:
            for permission, roles in getattr(view, "roles", {}).items():
                for role in roles:
                    declared[role].add((PERMISSION_PREFIX + permission, view.class_permission_name))
        for item in self.appbuilder.menu.get_list():
            for entry in item.childs or (item,):
                view = entry.baseview
                for role in view.roles.get(view.get_method_permission(view.default_view), ()):
                    declared[role] |= {(MENU_ACCESS, item.name), (MENU_ACCESS, entry.name)}
        return declared
