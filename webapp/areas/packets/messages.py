"""The messages of a packet, exactly as they were sent, beside the row they came from."""

import re
from typing import ClassVar
from uuid import UUID

from flask import abort, render_template, request
from flask_appbuilder import BaseView

from pipelines.channels import channels
from pipelines.domain import gsm
from pipelines.reports.messages import SHOWN, START, Counts, MessageFilter, MessagePage, Place, beside
from pipelines.reports.packet import MAX_COUNTED, Packet
from pipelines.reports.replies import replies_of_row
from pipelines.reports.row import RowStory, same_address
from webapp.access import viewer
from webapp.fab.marks import framable
from webapp.fab.views import EVERYBODY, Roles, route

MAX_ROW_NO = 2**31 - 1  # the largest value of the column
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

    @route(f"/<uuid:packet_id>/messages/<int(max={MAX_ROW_NO}):row_no>", "see")
    @framable
    def row(self, packet_id: UUID, row_no: int) -> str:
        chosen = _chosen()
        with viewer().unit_of_work() as uow:
            packet = Packet.read(uow, packet_id)
            replies = replies_of_row(uow, packet_id, row_no)
            story = RowStory.read(uow, packet, row_no)
            before, after = beside(uow, packet_id, row_no, chosen)
            others = same_address(uow, packet_id, row_no) if _few(packet) else {}
        return render_template(
            "packets/row.html",
            packet=packet,
            row=story,
            replies=replies,
            chosen=chosen,
            before=before,
            after=after,
            others=others,
            gsm=gsm,
        )


def _few(packet: Packet) -> bool:
    """Whether there are few enough messages to read them all during a request."""
    return packet.total is not None and packet.total["rows_in"] <= MAX_COUNTED


def _chosen() -> MessageFilter:
    """The filter in the query string; an unknown value is no filter."""
    shown, channel = request.args.get("show"), request.args.get("channel")
    return MessageFilter(shown if shown in SHOWN else None, channel if channel in channels() else None)


def _place(text: str | None) -> Place:
    """The last message of the previous page, from `row-step-channel`."""
    if not text:
        return START
    match = PLACE.fullmatch(text)
    if match is None or int(match["row"]) >= MAX_ROW_NO:
        abort(404)
    return (int(match["row"]), int(match["step"]), match["channel"])
