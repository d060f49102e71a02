"""What each person got of a packet, exactly as it was sent, beside the row it came from."""

import re
from typing import ClassVar
from uuid import UUID

from flask import abort, render_template, request
from flask_appbuilder import BaseView

from pipelines.channels import channels
from pipelines.domain import gsm
from pipelines.reports.messages import SHOWN, START, Counts, MessageFilter, MessagePage, Place, beside
from pipelines.reports.packet import MAX_COUNTED, Packet
from pipelines.reports.row import RowStory
from webapp.access import viewer
from webapp.fab.marks import framable
from webapp.fab.views import EVERYBODY, Roles, route

MOST_ROWS = 2**31 - 1  # what the column of the row's number holds
PLACE = re.compile(r"(?P<row>\d{1,10})-(?P<step>\d{1,4})-(?P<channel>\w{1,63})", re.ASCII)


class MessagesView(BaseView):
    route_base = "/packets"
    roles: ClassVar[Roles] = {"see": EVERYBODY}

    @route("/<uuid:packet_id>/messages", "see")
    @framable
    def list(self, packet_id: UUID) -> str:
        chosen = _chosen()
        with viewer().unit_of_work() as uow:
            packet = Packet.read(uow, packet_id)
            page = MessagePage.read(uow, packet_id, chosen, _place(request.args.get("after")))
            counts = Counts.read(uow, packet_id) if _few(packet) else None
        return render_template(
            "packets/messages.html",
            packet=packet,
            page=page,
            chosen=chosen,
            counts=counts,
            choice=MessageFilter,
        )

    @route(f"/<uuid:packet_id>/messages/<int(max={MOST_ROWS}):row_no>", "see")
    @framable
    def row(self, packet_id: UUID, row_no: int) -> str:
        chosen = _chosen()
        with viewer().unit_of_work() as uow:
            packet = Packet.read(uow, packet_id)
            story = RowStory.read(uow, packet, row_no)
            before, after = beside(uow, packet_id, row_no, chosen)
        return render_template(
            "packets/row.html",
            packet=packet,
            row=story,
            chosen=chosen,
            before=before,
            after=after,
            gsm=gsm,
        )


def _few(packet: Packet) -> bool:
    """Whether the messages may be counted while somebody waits."""
    return packet.total is not None and packet.total["rows_in"] <= MAX_COUNTED


def _chosen() -> MessageFilter:
    """The filter that an address names; a word that is none is no filter."""
    shown, channel = request.args.get("show"), request.args.get("channel")
    return MessageFilter(shown if shown in SHOWN else None, channel if channel in channels() else None)


def _place(text: str | None) -> Place:
    """The last message of the page before, as `row-step-channel`."""
    if not text:
        return START
    found = PLACE.fullmatch(text)
    if found is None or int(found["row"]) >= MOST_ROWS:
        abort(404)
    return (int(found["row"]), int(found["step"]), found["channel"])
