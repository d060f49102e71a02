"""The replies of a client, newest first, with those that a person has to read, and the answers of a packet as a file (R48)."""

from collections.abc import Iterator
from pathlib import PurePath
from typing import ClassVar
from uuid import UUID

from flask import Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView
from werkzeug.wrappers import Response as AnyResponse

from pipelines.actions.people.handle_reply import handle_reply
from pipelines.domain.exports import csv_file
from pipelines.domain.replies import Kind
from pipelines.reports.packet import Packet
from pipelines.reports.replies import FILE_COLUMNS, ReplyFilter, ReplyPage, answer_file
from webapp.access import Viewer, viewer
from webapp.fab.downloads import attach
from webapp.fab.menu import Entry
from webapp.fab.views import EVERYBODY, Roles, route

SHOWN = {"to_read": "to be read", "unmatched": "without a message", "ambiguous": "of either of two clients"}
FOR_SUPPORT = frozenset({"ambiguous"})


class RepliesView(BaseView):
    route_base = "/replies"
    menu = Entry("Replies", icon="message-square", place=30)
    roles: ClassVar[Roles] = {"see": EVERYBODY, "handle": EVERYBODY, "download": EVERYBODY}

    @route("/", "see")
    def list(self) -> str:
        chosen = _chosen()
        with viewer().unit_of_work() as uow:
            packet = Packet.read(uow, chosen.packet_id) if chosen.packet_id else None
            page = ReplyPage.read(uow, chosen, _id(request.args.get("before")))
        shown = {
            name: words for name, words in SHOWN.items() if viewer().every_client or name not in FOR_SUPPORT
        }
        return render_template(
            "replies/replies.html", page=page, chosen=chosen, packet=packet, kinds=list(Kind), shown=shown,
            showing=request.args.get("show") if request.args.get("show") in SHOWN else None,
        )  # fmt: skip

    @route("/<uuid:reply_id>/handled", "handle", methods=["POST"])
    def handled(self, reply_id: UUID) -> AnyResponse:
        who = viewer()
        engine = current_app.extensions["packetboat"].engine("app")
        handle_reply(engine, who.visible_client_id, reply_id, who.username)
        flash("The answer counts as read.", "success")
        kind, show, packet = (request.args.get(name) for name in ("kind", "show", "packet"))
        return redirect(url_for("RepliesView.list", kind=kind, show=show, packet=packet), 303)

    @route("/packet/<uuid:packet_id>.csv", "download")
    def download(self, packet_id: UUID) -> Response:
        """The answers of a packet, one line each, in the order of its rows."""
        who = viewer()
        with who.unit_of_work() as uow:
            packet = Packet.read(uow, packet_id)
        answer = Response(_pieces(who, packet_id), mimetype="text/csv")
        attach(answer, f"{PurePath(packet.file_name).stem} - answers.csv")
        return answer


def _pieces(who: Viewer, packet_id: UUID) -> Iterator[str]:
    with who.unit_of_work() as uow:
        yield from csv_file(FILE_COLUMNS, answer_file(uow, packet_id))


def _chosen() -> ReplyFilter:
    """The filter in the query string; an unknown value is no filter."""
    kind, show = request.args.get("kind"), request.args.get("show")
    return ReplyFilter(
        kind=kind if kind in set(Kind) else None,
        outcome=show if show in {"unmatched", "ambiguous"} else None,
        packet_id=_id(request.args.get("packet")),
        to_read=show == "to_read",
    )


def _id(text: str | None) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        abort(404)
