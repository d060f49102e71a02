"""Where a log-in lands: on the packets."""

from flask import redirect, url_for
from flask_appbuilder import IndexView as FabIndexView
from flask_appbuilder import expose
from werkzeug.wrappers import Response


class IndexView(FabIndexView):
    @expose("/")
    def index(self) -> Response:
        return redirect(url_for("PacketsView.list"))
