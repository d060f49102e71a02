"""Pausing, resuming and cancelling a packet, for its client and for support (R21, R64)."""

from typing import ClassVar
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView
from werkzeug.wrappers import Response

from pipelines.actions.packets import cancel as cancelling
from pipelines.actions.packets import pause as pausing
from pipelines.actions.packets.relay_outbox import relay_outbox
from pipelines.actions.packets.subjects import packet_of
from pipelines.reports.packet import Packet
from webapp.access import viewer
from webapp.fab.views import EVERYBODY, Roles, route

MAX_REASON = 200  # characters


class ControlView(BaseView):
    route_base = "/packets"
    roles: ClassVar[Roles] = {"control": EVERYBODY}

    @route("/<uuid:packet_id>/pause", "control", methods=["POST"])
    def pause(self, packet_id: UUID) -> Response:
        who = viewer()
        pausing.pause(who.engine, who.visible_client_id, packet_of(packet_id), by=who.username)
        flash("Paused. Nothing more is sent until you resume it.", "success")
        return _back(packet_id)

    @route("/<uuid:packet_id>/resume", "control", methods=["POST"])
    def resume(self, packet_id: UUID) -> Response:
        who = viewer()
        pausing.resume(who.engine, who.visible_client_id, packet_of(packet_id), by=who.username)
        boat = current_app.extensions["packetboat"]
        relay_outbox(boat.engine("app"), boat.airflow(), packet_id=packet_id)
        flash("Resumed. Sending goes on where it was.", "success")
        return _back(packet_id)

    @route("/<uuid:packet_id>/cancel", "control")
    def effect(self, packet_id: UUID) -> str:
        who = viewer()
        with who.unit_of_work() as uow:
            packet = Packet.read(uow, packet_id)
        effect = cancelling.cancel_effect(who.engine, who.visible_client_id, packet_of(packet_id))
        return render_template("packets/cancel.html", packet=packet, effect=effect)

    @route("/<uuid:packet_id>/cancel", "control", methods=["POST"])
    def cancel(self, packet_id: UUID) -> Response:
        who = viewer()
        reason = request.form.get("reason", "")[:MAX_REASON]
        cancelling.cancel(
            who.engine, who.visible_client_id, packet_of(packet_id), by=who.username, reason=reason
        )
        flash("Cancelled. What had not gone out will not be sent.", "success")
        return _back(packet_id)


def _back(packet_id: UUID) -> Response:
    return redirect(url_for("PacketView.page", packet_id=packet_id), 303)
