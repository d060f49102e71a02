"""One's own account. The classes keep Flask-AppBuilder's names where it has such a page: addresses are made from them."""

from typing import ClassVar

from flask import current_app, flash, redirect, render_template, url_for
from flask_appbuilder import BaseView
from flask_appbuilder.security import views
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.fab.log_ins import passwords, sessions
from webapp.fab.log_ins.password_form import PasswordForm
from webapp.fab.menu import Entry
from webapp.fab.views import EVERYBODY, Roles, route

FORM: Roles = {"this_form_get": EVERYBODY, "this_form_post": EVERYBODY}


class AccountView(BaseView):
    """Who one is here, and where one is logged in."""

    route_base = "/users"
    default_view = "userinfo"
    menu = Entry("Your account", icon="user", place=90)
    roles: ClassVar[Roles] = {"see": EVERYBODY}

    @route("/userinfo/", "see")
    def userinfo(self) -> str:
        return render_template(
            "account/account.html",
            person=current_user,
            has_mail=passwords.has_mail(current_user),
            sessions=sessions.of_person(current_user.id),
        )


class UserInfoEditView(views.UserInfoEditView):
    roles: ClassVar[Roles] = FORM


class ResetMyPasswordView(views.ResetMyPasswordView):
    form = PasswordForm
    form_template = "password.html"
    form_title = "Your new password"
    roles: ClassVar[Roles] = FORM

    def render_template(self, template: str, **more: object) -> str:
        effect = "It logs out every other browser where you are logged in."
        back = url_for("AccountView.userinfo")
        return super().render_template(template, effect=effect, back=back, back_words="Your account", **more)

    def form_post(self, form: PasswordForm) -> Response:
        """Every log-in of this person ends, and this browser gets a new one."""
        security = current_app.appbuilder.sm
        user = security.get_user_by_id(current_user.id)
        security.log_in(user, passwords.change(user, form.password.data))
        told = passwords.notice_in_words(user, "your")
        flash(f"Your password is changed, and every other browser is logged out. {told}", "success")
        return redirect(url_for("AccountView.userinfo"))
