"""Roles, and groups of people who have them together."""

from typing import ClassVar

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.security import views
from flask_appbuilder.security.sqla.models import Group, Role
from flask_appbuilder.widgets import ListWidget

from webapp.areas.people.base import listed
from webapp.areas.people.people import UserDBModelView
from webapp.fab.menu import Entry
from webapp.fab.views import Roles


class RoleModelView(views.RoleModelView):
    datamodel = SQLAInterface(Role)
    menu = Entry("Roles", icon="key-round", place=81, category="Team")
    roles: ClassVar[Roles] = {}
    related_views: ClassVar = [UserDBModelView]
    list_widget = ListWidget  # its own leaves the formatters out
    list_title = "Roles"
    show_title = "A role"
    add_title = "Add a role"
    edit_title = "Change a role"
    formatters_columns: ClassVar = {"permissions": listed}


class UserGroupModelView(views.UserGroupModelView):
    datamodel = SQLAInterface(Group)
    menu = Entry("Groups", icon="users-round", place=82, category="Team")
    roles: ClassVar[Roles] = {}
    list_title = "Groups"
    show_title = "A group"
    add_title = "Add a group"
    edit_title = "Change a group"
