"""The log-in page and the log-out."""

from flask import current_app, flash, make_response, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import no_cache
from flask_appbuilder.security.forms import LoginForm_db
from flask_appbuilder.security.views import AuthDBView
from flask_appbuilder.utils.base import get_safe_redirect
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.fab.log_ins import delays, sessions
from webapp.fab.marks import public

WRONG = "This name and password do not match. Check both and try again."


class PortalAuthView(AuthDBView):
    """A wrong name and a wrong password get the same message and the same delay, and take the same time."""

    login_template = "login.html"

    @expose("/login/", methods=["GET", "POST"])
    @public
    @no_cache
    def login(self) -> Response:
        target = get_safe_redirect(request.args.get("next") or url_for("IndexView.index"))
        if current_user.is_authenticated:
            return redirect(target)
        form = LoginForm_db()
        wait = 0
        if form.validate_on_submit():
            name = form.username.data
            purpose = delays.log_in_here(name)
            wait = delays.begin_try(purpose, name)
            if not wait and current_app.extensions["appbuilder"].sm.log_in_with(name, form.password.data):
                delays.succeeded(purpose, name)
                answer = redirect(target)
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
