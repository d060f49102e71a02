"""The held rows of a packet: to read, and to download, correct and send again (D9)."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import PurePath
from typing import ClassVar
from uuid import UUID

from flask import Response, abort, render_template, request
from flask_appbuilder import BaseView

from pipelines.domain.exports import csv_file
from pipelines.language import Sentence, say
from pipelines.reports.held import HeldCode, HeldPage, held_file
from pipelines.reports.packet import Packet
from webapp.access import Viewer, viewer
from webapp.fab.downloads import attach
from webapp.fab.marks import framable
from webapp.fab.views import EVERYBODY, Roles, route
from webapp.fab.words import page_language

REASON_COLUMN = Sentence("held_because")


class HeldView(BaseView):
    route_base = "/packets"
    roles: ClassVar[Roles] = {"see": EVERYBODY, "download": EVERYBODY}

    @route("/<uuid:packet_id>/held", "see")
    @framable
    def list(self, packet_id: UUID) -> str:
        code = request.args.get("code")
        with viewer().unit_of_work() as uow:
            packet = Packet.read(uow, packet_id)
            codes = HeldCode.of_packet(uow, packet_id)
            page = HeldPage.read(uow, packet_id, code=code, after=_place(request.args.get("after")))
        return render_template("packets/held.html", packet=packet, codes=codes, page=page, code=code)

    @route("/<uuid:packet_id>/held.csv", "download")
    def download(self, packet_id: UUID) -> Response:
        """Exactly the held rows, in the columns of the original file, with the reason as last column, in the language of the page."""
        who = viewer()
        with who.unit_of_work() as uow:
            packet = Packet.read(uow, packet_id)
        name = f"{PurePath(packet.file_name).stem} - rows to correct.csv"
        answer = Response(_pieces(who, packet, page_language()), mimetype="text/csv")
        attach(answer, name)
        return answer


def _pieces(who: Viewer, packet: Packet, language: str) -> Iterator[str]:
    header = packet.header or []
    words = partial(say, language=language)
    with who.unit_of_work() as uow:
        rows = ([*_fitted(cells, len(header)), why] for cells, why in held_file(uow, packet.id, words))
        yield from csv_file(
            [*header, words(REASON_COLUMN)], rows, (packet.dialect or {}).get("delimiter") or ","
        )


def _fitted(cells: Sequence[str], width: int) -> list[str]:
    """Pad a row with too few cells, so that its reason is in the last column; a row with too many keeps them."""
    return [*cells, *[""] * (width - len(cells))]


def _place(text: str | None) -> tuple[int, int]:
    """The last line of the previous page, from `row-id`."""
    if not text:
        return (0, 0)
    try:
        row, line = text.split("-")
        return (int(row), int(line))
    except ValueError:
        abort(404)
