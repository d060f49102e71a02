"""One's own account. Classes that replace Flask-AppBuilder's pages keep its names, because endpoints are made from them."""

from typing import ClassVar

from flask import current_app, flash, redirect, render_template, url_for
from flask_appbuilder import BaseView
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security import views
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from webapp.fab import locale
from webapp.fab.log_ins import passwords, sessions
from webapp.fab.log_ins.password_form import PasswordForm
from webapp.fab.menu import Entry
from webapp.fab.views import EVERYBODY, Roles, route

METHODS = {"this_form_get": "change", "this_form_post": "change"}
CHANGE: Roles = {"change": EVERYBODY}
MAX_NAME_LENGTH = 64  # characters, in Flask-AppBuilder's table


class NameForm(DynamicForm):
    first_name = StringField("First name", validators=[DataRequired(), Length(max=MAX_NAME_LENGTH)])
    last_name = StringField("Last name", validators=[DataRequired(), Length(max=MAX_NAME_LENGTH)])


class AccountView(BaseView):
    """The person's data, and where they are logged in."""

    route_base = "/users"
    default_view = "userinfo"
    menu = Entry("Your account", icon="user", place=90)
    roles: ClassVar[Roles] = {"see": EVERYBODY}

    @route("/userinfo/", "see")
    def userinfo(self) -> str:
        self.update_redirect()  # Flask-AppBuilder returns here after a change of language
        return render_template(
            "account/account.html",
            person=current_user,
            has_mail=passwords.has_mail(current_user),
            sessions=sessions.of_person(current_user.id),
            languages=locale.OFFERED,
        )


class UserInfoEditView(views.UserInfoEditView):
    form = NameForm
    form_template = "form.html"
    form_title = "Your name"
    message = "Your name has been changed."
    roles: ClassVar[Roles] = CHANGE
    method_permission_name: ClassVar = METHODS

    def render_template(self, template: str, **more: object) -> str:
        return super().render_template(template, effect=None, button="Save", **_back(), **more)

    def form_post(self, form: NameForm) -> Response:
        super().form_post(form)
        return redirect(url_for("AccountView.userinfo"))


class ResetMyPasswordView(views.ResetMyPasswordView):
    form = PasswordForm
    form_template = "form.html"
    form_title = "Your new password"
    roles: ClassVar[Roles] = CHANGE
    method_permission_name: ClassVar = METHODS

    def render_template(self, template: str, **more: object) -> str:
        effect = "This logs you out in every other browser."
        return super().render_template(
            template, effect=effect, button="Set the new password", **_back(), **more
        )

    def form_post(self, form: PasswordForm) -> Response:
        """End every log-in of this person, and give this browser a new one."""
        security = current_app.extensions["appbuilder"].sm
        user = security.get_user_by_id(current_user.id)
        security.log_in(user, passwords.change(user, form.password.data))
        notice = passwords.notice_in_words(user, "your")
        flash(f"Your password has been changed, and every other browser is logged out. {notice}", "success")
        return redirect(url_for("AccountView.userinfo"))


def _back() -> dict[str, str]:
    return {"back": url_for("AccountView.userinfo"), "back_words": "Your account"}
