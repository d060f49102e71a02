"""Log-in and roles on Flask-AppBuilder's people: our own log-in page, log-ins that are rows, and what each role may do."""

from collections import defaultdict
from typing import Any

from flask import current_app
from flask_appbuilder.const import PERMISSION_PREFIX
from flask_appbuilder.security.sqla.manager import SecurityManager

from webapp.access import SEE_EVERY_CLIENT
from webapp.fab.log_ins import passwords, sessions
from webapp.fab.log_ins.door import PortalAuthView
from webapp.fab.views import ROLES

MENU_ACCESS = "menu_access"


class PortalSecurity(SecurityManager):
    def register_views(self) -> None:
        """The log-in alone. People, roles and one's own account are areas like all others, and nobody logs in by a program."""
        self.auth_view = self.appbuilder.add_view_no_menu(PortalAuthView)
        self.limiter.limit(self.auth_rate_limit, methods=["POST"])(self.auth_view.blueprint)

    def load_user(self, pk: str) -> Any:
        """Who a cookie says is here, as long as their log-in lives. Flask-Login asks this once for each request."""
        return super().load_user(pk) if sessions.lives(int(pk)) else None

    def log_in_by(self, name: str, password: str) -> bool:
        """Log in whoever has this name, or this e-mail address, and password; False when nobody has."""
        name = name.replace("\0", "")
        user = self.find_user(username=name) or self.find_user(email=name)
        if not passwords.proves(user, password) or not self.log_in(user, user.password):
            return False
        self.update_user_auth_stat(user)
        return True

    def log_in(self, user: Any, proved: str) -> bool:
        """Begin a log-in for `user`, whose password was compared with the hash `proved`; False when it has changed since."""
        return sessions.begin(user, proved, staff=SEE_EVERY_CLIENT in self.get_user_permissions(user))

    def reset_password(self, userid: int, password: str) -> None:
        passwords.change(self.get_user_by_id(userid), password)

    def sync_roles(self) -> None:
        """Give each role of ours exactly the permissions that the views say, and the entries of the menu that lead to them."""
        wanted = self._wanted()
        for name in sorted(ROLES):
            role = self.find_role(name) or self.add_role(name)
            role.permissions = [self.add_permission_view_menu(*pair) for pair in sorted(wanted[name])]
        current_app.appbuilder.session.commit()

    def _wanted(self) -> dict[str, set[tuple[str, str]]]:
        """Pairs of a permission and the name that it is kept under, by role."""
        wanted: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for view in self.appbuilder.baseviews:
            for permission, roles in getattr(view, "roles", {}).items():
                for role in roles:
                    wanted[role].add((PERMISSION_PREFIX + permission, view.class_permission_name))
        for item in self.appbuilder.menu.get_list():
            for entry in item.childs or (item,):
                view = entry.baseview
                for role in view.roles.get(view.get_method_permission(view.default_view), ()):
                    wanted[role] |= {(MENU_ACCESS, item.name), (MENU_ACCESS, entry.name)}
        return wanted
