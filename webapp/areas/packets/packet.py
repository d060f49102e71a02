"""The page of one packet, the part of it that is updated live, and the stream that announces updates."""

import threading
import time
from collections.abc import Iterator
from typing import ClassVar
from urllib.parse import quote
from uuid import UUID

from flask import Response, current_app, render_template, request
from flask_appbuilder import BaseView
from sqlalchemy.exc import DBAPIError

from pipelines.errors import NotFound
from pipelines.reports.packet import MAX_COUNTED, PacketPage, version_of
from pipelines.reports.replies import ReplyCounts
from pipelines.reports.suppressed import suppressed_reasons
from webapp.access import Viewer, viewer
from webapp.fab.marks import framable
from webapp.fab.views import EVERYBODY, Roles, route

LOOK_EVERY = 0.5  # seconds between two checks of the journal: a page may be 2 s behind (R2)
STREAM_FOR = 55.0  # seconds; then the browser reconnects, and a thread without a reader becomes free
WATCH_FOR = 120.0  # seconds for which an idle packet is watched after a step was rerun
STREAMS = threading.BoundedSemaphore(12)  # half of the portal's threads may watch; further pages poll


class PacketView(BaseView):
    route_base = "/packets"
    roles: ClassVar[Roles] = {"see": EVERYBODY}

    @route("/<uuid:packet_id>", "see")
    @framable
    def page(self, packet_id: UUID) -> str:
        return render_template("packets/packet.html", **_shown(packet_id))

    @route("/<uuid:packet_id>/live", "see")
    @framable
    def live(self, packet_id: UUID) -> str:
        return render_template("packets/packet_live.html", **_shown(packet_id))

    @route("/<uuid:packet_id>/changes", "see")
    def changes(self, packet_id: UUID) -> Response:
        """Server-sent events: one whenever the page has changed. 503 when too many watch; the page then polls."""
        seen = version_of_viewer(viewer(), packet_id)
        if not STREAMS.acquire(blocking=False):
            return Response(status=503, headers={"Retry-After": "30"})
        answer = Response(_stream(viewer(), packet_id, seen), mimetype="text/event-stream")
        answer.call_on_close(STREAMS.release)
        answer.headers["X-Accel-Buffering"] = "no"
        return answer


def version_of_viewer(who: Viewer, packet_id: UUID) -> str:
    with who.unit_of_work() as uow:
        return version_of(uow, packet_id)


def _stream(who: Viewer, packet_id: UUID, seen: str) -> Iterator[str]:
    end = time.monotonic() + STREAM_FOR
    yield f"retry: 1000\nevent: version\ndata: {seen}\n\n"
    while time.monotonic() < end:
        time.sleep(LOOK_EVERY)
        try:
            now = version_of_viewer(who, packet_id)
        except (DBAPIError, NotFound):
            return
        # A comment costs nothing and detects a closed connection.
        yield f"event: version\ndata: {now}\n\n" if now != seen else ":\n\n"
        seen = now


def _shown(packet_id: UUID) -> dict[str, object]:
    with viewer().unit_of_work() as uow:
        shown = PacketPage.read(uow, packet_id)
        replies = ReplyCounts.read(uow, packet_id)
        rows = shown.balance
        few = rows is not None and rows.rows("suppressed") > 0 and rows.rows_in <= MAX_COUNTED
        suppressed = suppressed_reasons(uow, packet_id) if few else []
    return {
        "page": shown,
        "replies": replies,
        "packet": shown.packet,
        "suppressed": suppressed,
        "watched": shown.packet.moving or _ran_again(),
        "airflow_run": airflow_run(shown.packet.run_id),
    }


def _ran_again() -> bool:
    """Whether a step was rerun a moment ago; the query string has the time (Unix time)."""
    return time.time() - request.args.get("again", 0.0, type=float) < WATCH_FOR


def airflow_run(run_id: str | None) -> str | None:
    """The URL of this run in Airflow, for the staff (B16)."""
    if run_id is None or not viewer().every_client:
        return None
    boat = current_app.extensions["packetboat"]
    return f"{boat.airflow_page}/dags/packet/runs/{quote(run_id, safe='')}"
