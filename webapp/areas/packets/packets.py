"""The list of packets: a client's own, or all clients' for support."""

from typing import ClassVar
from uuid import UUID

from flask import abort, redirect, render_template, request, url_for
from flask_appbuilder import BaseView
from werkzeug.wrappers import Response

from pipelines.reports.packets import PacketList, client_name, packet_of_run, shown_or_all
from webapp.access import viewer
from webapp.fab.marks import framable
from webapp.fab.menu import Entry
from webapp.fab.views import EVERYBODY, Roles, route

FILTERS = {
    "all": "all packets",
    "moving": "in progress",
    "attention": "needing attention",
    "finished": "finished",
}


def uuid_or_404(text: str | None) -> UUID | None:
    """The id in an address; a malformed one is treated like one that does not exist."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        abort(404)


class PacketsView(BaseView):
    route_base = "/packets"
    menu = Entry("Packets", icon="inbox", place=10)
    roles: ClassVar[Roles] = {"see": EVERYBODY}

    @route("/", "see")
    def list(self) -> str:
        shown = shown_or_all(request.args.get("show"))
        client_id = uuid_or_404(request.args.get("client"))
        with viewer().unit_of_work() as uow:
            page = PacketList.read(
                uow,
                shown=shown,
                client_id=client_id,
                before=uuid_or_404(request.args.get("before")),
                for_support=viewer().every_client,
            )
            client = client_name(uow, client_id) if client_id else None
        if client_id and client is None:
            abort(404)
        return render_template(
            "packets/packets.html",
            page=page,
            shown=shown,
            filters=FILTERS,
            client_id=client_id,
            client=client,
        )

    @route("/run/<run_id>", "see")
    @framable
    def of_run(self, run_id: str) -> Response:
        """Redirect from a run in Airflow to its packet, for support and operators."""
        with viewer().unit_of_work() as uow:
            packet_id = packet_of_run(uow, run_id)
        if packet_id is None:
            abort(404)
        return redirect(url_for("PacketView.page", packet_id=packet_id))
