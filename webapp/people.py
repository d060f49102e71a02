"""Flask-AppBuilder's pages of people, roles and passwords, in our words.

The classes keep its names: addresses and permissions are made from them.
"""

from collections.abc import Iterable
from typing import ClassVar

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.fieldwidgets import BS3PasswordFieldWidget
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security import views
from flask_appbuilder.security.decorators import has_access
from flask_appbuilder.security.sqla.models import User
from flask_appbuilder.widgets import ListWidget
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import Field, PasswordField, ValidationError
from wtforms.validators import DataRequired, EqualTo, Length

from webapp import passwords, sessions

SHORTEST_PASSWORD = 10
LONG_ENOUGH = Length(min=SHORTEST_PASSWORD, message="A password has at least %(min)d characters.")


def listed(things: Iterable[object]) -> str:
    """Roles or permissions as a sentence has them."""
    return ", ".join(sorted(map(str, things))) or "\u2013"


def yes_or_no(value: bool) -> str:
    return "yes" if value else "no"


class PasswordForm(DynamicForm):
    """The present password of whoever sets a new one: an open screen or a copied cookie is not enough. The new one, twice."""

    present = PasswordField(
        "Your present password",
        validators=[DataRequired(message="Type the password that you logged in with.")],
        widget=BS3PasswordFieldWidget(),
    )
    password = PasswordField(
        "New password",
        description=f"At least {SHORTEST_PASSWORD} characters; several words are easier to keep than signs.",
        validators=[DataRequired(), LONG_ENOUGH],
        widget=BS3PasswordFieldWidget(),
    )
    conf_password = PasswordField(
        "Once more",
        description="The same again, so that a slip is noticed.",
        validators=[EqualTo("password", message="The two passwords differ.")],
        widget=BS3PasswordFieldWidget(),
    )

    def validate_present(self, field: Field) -> None:
        wrong = passwords.wrong_present(current_user, field.data)
        if wrong:
            raise ValidationError(wrong)


class UserDBModelView(views.UserDBModelView):
    list_title = "People"
    show_title = "A person"
    add_title = "Add a person"
    edit_title = "Change a person"
    list_columns: ClassVar = ["first_name", "last_name", "username", "email", "active", "roles"]
    # Failed log-ins are counted for names, and forgotten; Flask-AppBuilder's own count stands still.
    show_fieldsets: ClassVar = [
        ("Log-in", {"fields": ["username", "active", "roles", "login_count", "last_login"]}),
        ("Person", {"fields": ["first_name", "last_name", "email"], "expanded": True}),
        ("History", {"fields": ["created_on", "created_by", "changed_on", "changed_by"], "expanded": False}),
    ]
    label_columns: ClassVar = views.UserDBModelView.label_columns | {
        "username": "Name for the log-in",
        "email": "E-mail",
        "active": "May log in",
        "roles": "Roles",
    }
    description_columns: ClassVar = {
        "active": "Take this away instead of deleting a person: what they did stays known.",
        "roles": "client sees its own packets, support those of every client; Admin may do everything.",
    }
    formatters_columns: ClassVar = {"roles": listed, "active": yes_or_no}
    add_form_extra_fields: ClassVar = {
        "password": PasswordForm.password,
        "conf_password": PasswordForm.conf_password,
    }

    @expose("/userinfo/")
    @has_access
    def userinfo(self) -> str:
        """The account page: who one is here, and where one is logged in."""
        return render_template(
            "account.html",
            person=current_user,
            has_mail=passwords.has_mail(current_user),
            sessions=sessions.of_person(current_user.id),
        )


class RoleModelView(views.RoleModelView):
    list_widget = ListWidget  # its own leaves the formatters out
    list_title = "Roles"
    show_title = "A role"
    add_title = "Add a role"
    edit_title = "Change a role"
    formatters_columns: ClassVar = {"permissions": listed}


class ResetMyPasswordView(views.ResetMyPasswordView):
    form = PasswordForm
    form_template = "password.html"
    form_title = "Your new password"

    def render_template(self, template: str, **more: object) -> str:
        effect = "It logs out every other browser where you are logged in."
        back = url_for("UserDBModelView.userinfo")
        return super().render_template(template, effect=effect, back=back, back_words="Your account", **more)

    def form_post(self, form: PasswordForm) -> Response:
        """Every log-in of this person ends, and this browser gets a new one."""
        security = current_app.appbuilder.sm
        user = security.get_user_by_id(current_user.id)
        security.log_in(user, passwords.change(user, form.password.data))
        told = passwords.notice_in_words(user, "your")
        flash(f"Your password is changed, and every other browser is logged out. {told}", "success")
        return redirect(url_for("UserDBModelView.userinfo"))


class ResetPasswordView(views.ResetPasswordView):
    form = PasswordForm
    form_template = "password.html"

    def render_template(self, template: str, **more: object) -> str:
        person = _asked_for()
        more["title"] = f"A new password for {person.username}"
        effect = "It logs this person out everywhere."
        back = url_for("UserDBModelView.show", pk=person.id)
        return super().render_template(template, effect=effect, back=back, back_words="This person", **more)

    def form_post(self, form: PasswordForm) -> Response:
        user = _asked_for()
        passwords.change(user, form.password.data)
        told = passwords.notice_in_words(user, "their")
        flash(f"The password is changed, and this person is logged out everywhere. {told}", "success")
        return redirect(url_for("UserDBModelView.show", pk=user.id))


def _asked_for() -> User:
    """The person whom the address names."""
    return current_app.appbuilder.sm.get_user_by_id(request.args.get("pk", 0, type=int)) or abort(404)
