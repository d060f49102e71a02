"""Roles, and groups of people who share them."""

from typing import ClassVar

from flask import redirect, url_for
from flask_appbuilder.actions import action
from flask_appbuilder.exceptions import DeleteGroupWithUsersException, DeleteRoleWithUsersException
from flask_appbuilder.fields import QuerySelectMultipleField
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.security import views
from flask_appbuilder.security.sqla.models import Group, Role
from flask_appbuilder.widgets import ListWidget, ShowWidget
from werkzeug.wrappers import Response

from webapp.areas.people.base import METHODS, every_permission, permission_in_words, permissions_in_words
from webapp.areas.people.people import UserDBModelView
from webapp.fab.menu import Entry
from webapp.fab.views import ModelViewDefaults, Roles

PERMISSIONS = QuerySelectMultipleField(
    "May",
    description="The permissions of client and support are reset at each start; create a role of your own for others.",
    query_func=every_permission,
    get_pk_func=lambda one: one.id,
    get_label=permission_in_words,
)


class RoleModelView(ModelViewDefaults, views.RoleModelView):
    datamodel = SQLAInterface(Role)
    menu = Entry("Roles", icon="key-round", place=81, category="Team")
    roles: ClassVar[Roles] = {}
    method_permission_name: ClassVar = METHODS
    exclude_route_methods: ClassVar = {"download"}
    related_views: ClassVar = [UserDBModelView]
    # Flask-AppBuilder's own widgets for roles need its scripts.
    list_widget, show_widget = ListWidget, ShowWidget
    base_order = ("name", "asc")
    list_title = "Roles"
    show_title = "A role"
    add_title = "Add a role"
    edit_title = "Change a role"
    search_columns: ClassVar = ["name"]
    label_columns: ClassVar = {"name": "Name", "permissions": "May"}
    add_form_extra_fields: ClassVar = {"permissions": PERMISSIONS}
    edit_form_extra_fields: ClassVar = {"permissions": PERMISSIONS}
    formatters_columns: ClassVar = {"permissions": permissions_in_words}

    @action("copyrole", "Copy", single=False)
    def copy_role(self, items: list[Role]) -> Response:
        for role in items:
            self.datamodel.add(Role(name=f"{role.name} copy", permissions=role.permissions))
        return redirect(url_for("RoleModelView.list"))

    def pre_delete(self, item: Role) -> None:
        if item.user:
            raise DeleteRoleWithUsersException("People have this role. Take it from them first.")


class UserGroupModelView(ModelViewDefaults, views.UserGroupModelView):
    datamodel = SQLAInterface(Group)
    menu = Entry("Groups", icon="users-round", place=82, category="Team")
    roles: ClassVar[Roles] = {}
    method_permission_name: ClassVar = METHODS
    exclude_route_methods: ClassVar = {"download"}
    base_order = ("name", "asc")
    list_title = "Groups"
    show_title = "A group"
    add_title = "Add a group"
    edit_title = "Change a group"
    search_columns: ClassVar = ["name", "label"]
    label_columns: ClassVar = {
        "name": "Name",
        "label": "Title",
        "description": "What it is for",
        "users": "People",
        "roles": "Roles",
    }

    def pre_delete(self, item: Group) -> None:
        if item.users:
            raise DeleteGroupWithUsersException("People are in this group. Take them out first.")
