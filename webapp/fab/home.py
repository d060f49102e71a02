"""The start page: the list of packets."""

from typing import ClassVar

from flask import redirect, url_for
from flask_appbuilder import IndexView as FabIndexView
from flask_appbuilder import expose
from werkzeug.wrappers import Response

from webapp.access import SEE_EVERY_CLIENT
from webapp.fab.views import SUPPORT, Roles

PERMISSION, NAME = SEE_EVERY_CLIENT


class IndexView(FabIndexView):
    class_permission_name = NAME
    base_permissions: ClassVar = [
        PERMISSION
    ]  # it has no page of its own; it decides whose rows the other pages show
    roles: ClassVar[Roles] = {PERMISSION.removeprefix("can_"): (SUPPORT,)}

    @expose("/")
    def index(self) -> Response:
        return redirect(url_for("PacketsView.list"))
