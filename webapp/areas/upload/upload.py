"""Sending a file: choose it, see its progress, get the receipt. It works without JavaScript, too."""

from dataclasses import asdict, dataclass
from typing import ClassVar
from uuid import UUID

from flask import Response, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask_appbuilder import BaseView
from werkzeug.wrappers import Response as AnyResponse

from pipelines.actions.packets.accept_packet import Receipt, Submission, SubmissionRefused, accept_packet
from pipelines.errors import NoRoom, NotFound, PacketboatError
from pipelines.reading import Reading
from pipelines.reports.campaigns import OpenCampaign, open_campaigns
from webapp.access import viewer
from webapp.areas.upload.start import start_soon
from webapp.fab.errors import NO_ROOM
from webapp.fab.formats import size
from webapp.fab.marks import takes_files
from webapp.fab.menu import Entry
from webapp.fab.views import CLIENT, Roles, route
from webapp.fab.words import translated

UNPROCESSABLE = 422
SENT_BEFORE = "sent_before"  # the refusal that a person may override
KINDS = ".csv,.tsv,.txt,.xlsx"


@dataclass(frozen=True)
class Refusal:
    """Why a file was not accepted. `packet` links to its packet page, `again` says that it may be sent anyway, and `readings`
    are the choices for a file that can be read in more than one way.
    """

    sentence: str
    packet: str | None = None
    again: bool = False
    readings: tuple[Reading, ...] = ()


class UploadView(BaseView):
    route_base = "/send"
    default_view = "upload"
    menu = Entry("Send a file", icon="upload", place=20, shown=lambda: viewer().client is not None)
    roles: ClassVar[Roles] = {"upload": (CLIENT,)}

    @route("/", "upload", methods=("GET", "POST"))
    @takes_files
    def upload(self) -> AnyResponse | str:
        if request.method == "GET":
            return self._form()
        try:
            receipt = _accept()
        except SubmissionRefused as error:
            packet = url_for("PacketView.page", packet_id=error.packet_id) if error.packet_id else None
            return self._refused(
                Refusal(translated(error.sentence), packet, error.code == SENT_BEFORE, error.readings)
            )
        except NoRoom as error:
            return self._refused(Refusal(translated(error.sentence)), NO_ROOM)
        except PacketboatError as error:
            return self._refused(Refusal(translated(error.sentence)))
        start_soon(current_app.extensions["packetboat"], receipt.packet_id)
        flash(f"Your file arrived complete: {size(receipt.bytes)}, MD5 {receipt.md5}.", "success")
        location = url_for("PacketView.page", packet_id=receipt.packet_id)
        if _wants_json():
            return jsonify(location=location, md5=receipt.md5, sha256=receipt.sha256, bytes=receipt.bytes)
        return redirect(location, 303)

    def _form(self, refusal: Refusal | None = None) -> str:
        settings = current_app.extensions["packetboat"].settings
        return render_template(
            "upload/upload.html",
            campaigns=_campaigns(),
            refusal=refusal,
            max_bytes=settings.upload_max_bytes,
            max_rows=settings.upload_max_rows,
            kinds=KINDS,
            chosen=request.form.get("campaign") or request.args.get("campaign"),
        )

    def _refused(self, refusal: Refusal, status: int = UNPROCESSABLE) -> AnyResponse:
        if _wants_json():
            answer = jsonify(asdict(refusal))
            answer.status_code = status
            return answer
        return Response(self._form(refusal), status)


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _campaigns() -> list[OpenCampaign]:
    with viewer().unit_of_work() as uow:
        return open_campaigns(uow)


def _accept() -> Receipt:
    """Submit the uploaded file, which is already on disk and is read as a stream. Raises SubmissionRefused, NotFound."""
    who, file = viewer(), request.files.get("file")
    if who.client is None:
        raise PacketboatError("log_in_without_client")
    if file is None or not file.filename:
        raise PacketboatError("no_file_chosen")
    boat = current_app.extensions["packetboat"]
    submission = Submission(
        client_id=who.client.id,
        campaign_id=_campaign_id(),
        file_name=file.filename,
        source="portal",
        submitted_by=who.username,
        digest=request.form.get("digest", "").strip() or None,
        again=bool(request.form.get("again")),
        encoding=request.form.get("encoding") or None,
    )
    # Reading a file may take a while, so return the connection that looked up the viewer to the pool.
    current_app.extensions["appbuilder"].session.commit()
    return accept_packet(boat.engine("app"), boat.settings, submission, file.stream)


def _campaign_id() -> UUID:
    try:
        return UUID(request.form.get("campaign", ""))
    except ValueError:
        raise NotFound("no_campaign_chosen") from None
