"""The people who may log in. The classes keep Flask-AppBuilder's names: addresses are made from them."""

from typing import ClassVar

from flask import abort, current_app, flash, redirect, request, url_for
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.security import views
from flask_appbuilder.security.sqla.models import User
from werkzeug.wrappers import Response

from webapp.areas.people.base import listed, yes_or_no
from webapp.fab.log_ins import passwords
from webapp.fab.log_ins.password_form import PasswordForm
from webapp.fab.menu import Entry
from webapp.fab.views import Roles


class UserDBModelView(views.UserDBModelView):
    datamodel = SQLAInterface(User)
    menu = Entry("People", icon="users", place=80, category="Team")
    roles: ClassVar[Roles] = {}
    exclude_route_methods: ClassVar = {"userinfo"}  # one's own account is an area of its own
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


class ResetPasswordView(views.ResetPasswordView):
    form = PasswordForm
    form_template = "password.html"
    roles: ClassVar[Roles] = {}

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
