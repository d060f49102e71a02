"""Rerunning a step of a packet, for support: a preview of the effect, then the button (R81, B2)."""

import time
from typing import ClassVar
from uuid import UUID

from flask import abort, current_app, flash, redirect, render_template, url_for
from flask_appbuilder import BaseView
from werkzeug.wrappers import Response

from pipelines.actions.packets import rerun_step
from pipelines.language.vocabulary import step_title
from pipelines.reports.packet import Packet
from pipelines.states import STEPS
from webapp.access import viewer
from webapp.fab.views import SUPPORT, Roles, route
from webapp.fab.words import translated


class RerunView(BaseView):
    route_base = "/packets"
    roles: ClassVar[Roles] = {"rerun": (SUPPORT,)}

    @route("/<uuid:packet_id>/again/<step>", "rerun")
    def preview(self, packet_id: UUID, step: str) -> str:
        packet = _packet(packet_id, step)
        boat = current_app.extensions["packetboat"]
        effect = rerun_step.preview(boat.engine("app"), packet.client_id, packet_id, step)
        return render_template("packets/rerun.html", packet=packet, step=step, effect=effect)

    @route("/<uuid:packet_id>/again/<step>", "rerun", methods=["POST"])
    def rerun(self, packet_id: UUID, step: str) -> Response:
        packet = _packet(packet_id, step)
        boat = current_app.extensions["packetboat"]
        rerun_step.rerun_step(boat.engine("app"), boat.airflow(), packet.client_id, packet_id, step)
        flash(f"“{translated(step_title(step))}” runs again, with the steps after it.", "success")
        return redirect(url_for("PacketView.page", packet_id=packet_id, again=int(time.time())), 303)


def _packet(packet_id: UUID, step: str) -> Packet:
    """The packet, if this person may see it. 404 for an unknown step."""
    if step not in STEPS:
        abort(404)
    with viewer().unit_of_work() as uow:
        return Packet.read(uow, packet_id)
