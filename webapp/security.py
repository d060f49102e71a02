"""Log-in and log-out on Flask-AppBuilder's users: our own page, a fresh session at each log-in, and what each role may do."""

from typing import ClassVar

import structlog
from flask import current_app, flash, redirect, request, session, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.api import SecurityApi
from flask_appbuilder.security.decorators import no_cache
from flask_appbuilder.security.forms import LoginForm_db
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.security.views import AuthDBView
from flask_appbuilder.utils.base import get_safe_redirect
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response

from webapp import people, sessions

log = structlog.get_logger(__name__)

OWN_ACCOUNT = {
    ("can_userinfo", "UserDBModelView"),
    ("can_this_form_get", "UserInfoEditView"),
    ("can_this_form_post", "UserInfoEditView"),
    ("can_this_form_get", "ResetMyPasswordView"),
    ("can_this_form_post", "ResetMyPasswordView"),
    ("resetmypassword", "UserDBModelView"),
    ("userinfoedit", "UserDBModelView"),
}
# Permission and view of each role that `webapp.upgrade` keeps exactly so; Admin has them all.
ROLES = {
    "client": OWN_ACCOUNT | {("can_see", "Packets"), ("can_upload", "Packets"), ("can_download", "Packets")},
    "support": OWN_ACCOUNT
    | {
        ("can_see", "Packets"),
        ("can_download", "Packets"),
        ("can_see_every_client", "Packets"),
        ("can_rerun", "Packets"),
    },
}


class PortalAuthView(AuthDBView):
    """The log-in page. A wrong name and a wrong password get the same words and take the same time."""

    login_template = "login.html"

    @expose("/login/", methods=["GET", "POST"])
    @no_cache
    def login(self) -> Response:
        following = get_safe_redirect(request.args.get("next") or url_for("IndexView.index"))
        if current_user.is_authenticated:
            return redirect(following)
        form = LoginForm_db()
        if form.validate_on_submit():
            user = self.appbuilder.sm.auth_user_db(form.username.data, form.password.data)
            if user:
                sessions.begin(user)
                login_user(user)
                return redirect(following)
            flash("This name and password do not belong together. Check both and try again.", "warning")
        return self.render_template(self.login_template, form=form)

    @expose("/logout/", methods=["POST"])
    def logout(self) -> Response:
        logout_user()
        session.clear()
        return redirect(url_for("PortalAuthView.login"))


class NoTokens(SecurityApi):
    """Flask-AppBuilder's log-in for programs, without its routes: one door less to guard until somebody needs it."""

    include_route_methods: ClassVar = set()


class PortalSecurity(SecurityManager):
    authdbview = PortalAuthView
    security_api = NoTokens
    userdbmodelview = people.UserDBModelView
    rolemodelview = people.RoleModelView
    resetpasswordview = people.ResetPasswordView
    resetmypasswordview = people.ResetMyPasswordView
    # Its only chart is drawn by Google's servers; nothing here comes from elsewhere.
    userstatschartview = None

    def sync_roles(self) -> None:
        """Give each role of ours exactly its permissions, and Admin all there are."""
        for name, wanted in ROLES.items():
            role = self.find_role(name) or self.add_role(name)
            role.permissions = [self.add_permission_view_menu(*pair) for pair in sorted(wanted)]
        current_app.appbuilder.session.commit()
