"""The people who may log in. The classes keep Flask-AppBuilder's names, because endpoints are made from them."""

from typing import Any, ClassVar

from flask import abort, current_app, flash, redirect, request, url_for
from flask_appbuilder.actions import action
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.security import views
from flask_appbuilder.security.sqla.models import User
from werkzeug.wrappers import Response
from wtforms import Field, ValidationError
from wtforms.form import BaseForm

from webapp.areas.people.base import METHODS
from webapp.fab.log_ins import passwords
from webapp.fab.log_ins.password_form import PasswordForm
from webapp.fab.menu import Entry
from webapp.fab.views import ModelViewDefaults, Roles

COLUMNS = ["first_name", "last_name", "username", "email", "active", "roles", "groups"]


def require_role(form: BaseForm, _field: Field) -> None:
    if not form["roles"].data and not form["groups"].data:
        raise ValidationError("Choose a role, or a group with a role.")


class UserDBModelView(ModelViewDefaults, views.UserDBModelView):
    datamodel = SQLAInterface(User)
    menu = Entry("People", icon="users", place=80, category="Team")
    roles: ClassVar[Roles] = {}
    method_permission_name: ClassVar = METHODS
    exclude_route_methods: ClassVar = {"userinfo", "download"}  # the account is a separate area
    resetmypassword = userinfoedit = None  # so are these
    base_order = ("username", "asc")
    list_title = "People"
    show_title = "A person"
    add_title = "Add a person"
    edit_title = "Change a person"
    list_columns: ClassVar = ["username", "get_full_name", "email", "active", "roles"]
    search_columns: ClassVar = ["username", "first_name", "last_name", "email", "roles"]
    edit_columns: ClassVar = COLUMNS
    add_columns: ClassVar = [*COLUMNS, "password", "conf_password"]
    # Failed log-ins are counted per name and forgotten; Flask-AppBuilder's own counter is not used.
    show_fieldsets: ClassVar = [
        ("Log-in", {"fields": ["username", "active", "roles", "groups", "login_count", "last_login"]}),
        ("Person", {"fields": ["first_name", "last_name", "email"]}),
        ("History", {"fields": ["created_on", "created_by", "changed_on", "changed_by"]}),
    ]
    label_columns: ClassVar = {
        "username": "Username",
        "get_full_name": "Name",
        "first_name": "First name",
        "last_name": "Last name",
        "email": "E-mail",
        "active": "May log in",
        "roles": "Roles",
        "groups": "Groups",
        "login_count": "Number of log-ins",
        "last_login": "Last log-in",
        "created_on": "Added",
        "created_by": "Added by",
        "changed_on": "Last changed",
        "changed_by": "Last changed by",
    }
    description_columns: ClassVar = {
        "active": "Untick this instead of deleting a person, to keep their history.",
        "roles": "client sees its own packets, support sees those of every client, Admin may do everything.",
        "email": "Notices about a new password go here.",
    }
    validators_columns: ClassVar = {"roles": [require_role], "groups": [require_role]}
    add_form_extra_fields: ClassVar = {
        "password": PasswordForm.password,
        "conf_password": PasswordForm.conf_password,
    }

    @action("resetpasswords", "Set a new password", multiple=False)
    def resetpasswords(self, item: Any) -> Response:
        return redirect(url_for("ResetPasswordView.this_form_get", pk=item.id))


class ResetPasswordView(views.ResetPasswordView):
    form = PasswordForm
    form_template = "form.html"
    roles: ClassVar[Roles] = {}
    method_permission_name: ClassVar = METHODS

    def render_template(self, template: str, **more: object) -> str:
        person = _requested_person()
        more["title"] = f"A new password for {person.username}"
        return super().render_template(
            template,
            effect="This logs the person out everywhere.",
            back=url_for("UserDBModelView.show", pk=person.id),
            back_words="This person",
            button="Set the new password",
            **more,
        )

    def form_post(self, form: PasswordForm) -> Response:
        user = _requested_person()
        passwords.change(user, form.password.data)
        notice = passwords.notice_in_words(user, "their")
        flash(f"The password has been changed, and this person is logged out everywhere. {notice}", "success")
        return redirect(url_for("UserDBModelView.show", pk=user.id))


def _requested_person() -> User:
    """The person that the query string names."""
    return current_app.extensions["appbuilder"].sm.get_user_by_id(
        request.args.get("pk", 0, type=int)
    ) or abort(404)
