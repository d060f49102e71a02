"""Log-in and log-out on Flask-AppBuilder's users: our own page, a fresh session at each log-in, and what each role may do."""

from typing import Any, ClassVar

import structlog
from flask import current_app, flash, make_response, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.api import SecurityApi
from flask_appbuilder.security.decorators import no_cache
from flask_appbuilder.security.forms import LoginForm_db
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.security.views import AuthDBView
from flask_appbuilder.utils.base import get_safe_redirect
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp import delays, passwords, people, sessions

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


WRONG = "This name and password do not belong together. Check both and try again."


class PortalAuthView(AuthDBView):
    """The log-in page. A wrong name and a wrong password get the same words, the same waits and take the same time."""

    login_template = "login.html"

    @expose("/login/", methods=["GET", "POST"])
    @no_cache
    def login(self) -> Response:
        following = get_safe_redirect(request.args.get("next") or url_for("IndexView.index"))
        if current_user.is_authenticated:
            return redirect(following)
        form = LoginForm_db()
        wait = 0
        if form.validate_on_submit():
            name = form.username.data
            purpose = delays.log_in_here(name)
            wait = delays.begin_try(purpose, name)
            if not wait and self.appbuilder.sm.log_in_by(name, form.password.data):
                delays.succeeded(purpose, name)
                answer = redirect(following)
                delays.know_browser(answer, name)
                return answer
            flash(delays.wait_in_words(wait) if wait else WRONG, "warning")
        page = make_response(self.render_template(self.login_template, form=form), 429 if wait else 200)
        if wait:
            page.headers["Retry-After"] = str(wait)
        return page

    @expose("/logout/", methods=["POST"])
    def logout(self) -> Response:
        sessions.end()
        return redirect(url_for("PortalAuthView.login"))

    @expose("/logout/everywhere/", methods=["POST"])
    def logout_everywhere(self) -> Response:
        sessions.end_all(current_user.id)
        flash("You are logged out everywhere.", "success")
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
        staff = ("can_see_every_client", "Packets") in self.get_user_permissions(user)
        return sessions.begin(user, proved, staff=staff)

    def reset_password(self, userid: int, password: str) -> None:
        passwords.change(self.get_user_by_id(userid), password)

    def sync_roles(self) -> None:
        """Give each role of ours exactly its permissions, and Admin all there are."""
        for name, wanted in ROLES.items():
            role = self.find_role(name) or self.add_role(name)
            role.permissions = [self.add_permission_view_menu(*pair) for pair in sorted(wanted)]
        current_app.appbuilder.session.commit()
