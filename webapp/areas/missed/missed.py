"""The missed contacts: messages whose outcome nobody but a person can find out (R10)."""

from typing import ClassVar
from uuid import UUID

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView
from werkzeug.wrappers import Response

from pipelines.actions.messages.decide import AlreadyDecided, decide_call, note_double
from pipelines.reports.unknown import MissedPage
from webapp.access import viewer
from webapp.fab.menu import Entry
from webapp.fab.views import EVERYBODY, Roles, route
from webapp.fab.words import translated

DECISIONS = {"received": True, "not_received": False}


class MissedView(BaseView):
    route_base = "/missed"
    roles: ClassVar[Roles] = {"decide": EVERYBODY}
    menu = Entry("Missed contacts", icon="users", place=30)

    @route("/", "decide")
    def list(self) -> str:
        packet_id = _packet_id()
        with viewer().unit_of_work() as uow:
            page = MissedPage.read(uow, packet_id)
        return render_template("missed/missed.html", page=page, packet_id=packet_id)

    @route("/<uuid:call_id>", "decide", methods=["POST"])
    def decide(self, call_id: UUID) -> Response:
        who, received = viewer(), DECISIONS.get(request.form.get("decision", ""))
        if received is None:
            abort(400)
        engine = current_app.extensions["packetboat"].engine("app")
        try:
            ready = decide_call(engine, who.visible_client_id, call_id, received=received, by=who.username)
        except AlreadyDecided as error:
            flash(translated(error.sentence), "warning")
        else:
            flash(_said(received=received, ready=ready), "success")
        return _back()

    @route("/twice/<uuid:attempt_id>", "decide", methods=["POST"])
    def note(self, attempt_id: UUID) -> Response:
        who = viewer()
        engine = current_app.extensions["packetboat"].engine("app")
        note_double(engine, who.visible_client_id, attempt_id, by=who.username)
        flash("Noted.", "success")
        return _back()


def _said(*, received: bool, ready: int) -> str:
    if received:
        return "It counts as sent."
    return (
        "It is sent again within a few minutes."
        if ready
        else "It is too late to send it again, so it has expired."
    )


def _packet_id() -> UUID | None:
    """The packet whose messages are listed; None for all."""
    try:
        return UUID(request.args["packet"]) if "packet" in request.args else None
    except ValueError:
        abort(404)


def _back() -> Response:
    return redirect(url_for("MissedView.list", packet=request.args.get("packet")), 303)
