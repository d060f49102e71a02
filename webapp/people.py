"""Flask-AppBuilder's pages of people, roles and passwords, in our words.

The classes keep its names: addresses and permissions are made from them.
"""

from collections.abc import Iterable
from typing import ClassVar

from flask_appbuilder.fieldwidgets import BS3PasswordFieldWidget
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security import views
from flask_appbuilder.widgets import ListWidget
from wtforms import PasswordField
from wtforms.validators import DataRequired, EqualTo, Length

SHORTEST_PASSWORD = 10
LONG_ENOUGH = Length(min=SHORTEST_PASSWORD, message="A password has at least %(min)d characters.")


def listed(things: Iterable[object]) -> str:
    """Roles or permissions as a sentence has them."""
    return ", ".join(sorted(map(str, things))) or "\u2013"


def yes_or_no(value: bool) -> str:
    return "yes" if value else "no"


class PasswordForm(DynamicForm):
    """A new password, twice."""

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


class UserDBModelView(views.UserDBModelView):
    list_title = "People"
    show_title = "A person"
    add_title = "Add a person"
    edit_title = "Change a person"
    user_info_title = "Your account"
    list_columns: ClassVar = ["first_name", "last_name", "username", "email", "active", "roles"]
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


class RoleModelView(views.RoleModelView):
    list_widget = ListWidget  # its own leaves the formatters out
    list_title = "Roles"
    show_title = "A role"
    add_title = "Add a role"
    edit_title = "Change a role"
    formatters_columns: ClassVar = {"permissions": listed}


class ResetMyPasswordView(views.ResetMyPasswordView):
    form = PasswordForm
    form_title = "Your new password"
    message = "Your password is changed."


class ResetPasswordView(views.ResetPasswordView):
    form = PasswordForm
    form_title = "A new password for this person"
    message = "The password is changed."
