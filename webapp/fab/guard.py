"""Without a log-in, only routes marked as public can be opened (S1)."""

from typing import Any

from flask import Flask, Response, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from webapp.access import may, viewer
from webapp.fab.framing import framed
from webapp.fab.log_ins import sessions
from webapp.fab.marks import PUBLIC, marked
from webapp.fab.orm import show_to_viewer


def register(app: Flask) -> None:
    """Redirect anonymous requests to the log-in before a view or a form parser sees them."""

    @app.before_request
    def require_login() -> AnyResponse | str | None:
        # Flask-AppBuilder sets it, too, but CSRFProtect may render a page before that.
        g.user = current_user
        if request.endpoint is None or marked(app, request.endpoint, PUBLIC):
            return None
        if current_user.is_authenticated:
            sessions.record_activity()
            show_to_viewer(app.extensions["appbuilder"].session)
            return None
        sessions.forget_ended()
        return _to_login()

    @app.context_processor
    def people() -> dict[str, Any]:
        return {"viewer": viewer() if current_user.is_authenticated else None}

    app.add_template_global(may)


def _to_login() -> AnyResponse | str:
    if framed():
        # The log-in itself may not be framed.
        return render_template("framed_out.html", address=url_for("IndexView.index", _external=True))
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    login = url_for("PortalAuthView.login", next=back)
    if "HX-Request" in request.headers:
        # A fragment of a page: the whole page goes to the log-in and returns to itself.
        return Response(status=401, headers={"HX-Refresh": "true"})
    if request.headers.get("Accept", "").startswith(("text/event-stream", "application/json")):
        return Response(status=401)
    return redirect(login)
